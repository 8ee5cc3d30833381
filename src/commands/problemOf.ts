import { asError, FleetError } from '../core/errors';

/** Validates typed text: returns the message that `check` throws, or undefined if it is valid. */
export function problemOf(check: () => unknown): string | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    return asError(error).message;
  }
}

/**
 * Like {@link problemOf}, but returns the error's hint if there is one, because it says what to
 * write instead.
 */
export function adviceOf(check: () => unknown): string | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    return (error instanceof FleetError ? error.hint : undefined) ?? asError(error).message;
  }
}
