import { asError, FleetError } from '../core/errors';

/** Validates what is typed: returns the message with which `check` throws, or undefined if it does not. */
export function problemOf(check: () => unknown): string | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    return asError(error).message;
  }
}

/** The same, but returns the next step of the error where it has one: what to write instead helps more than what is wrong. */
export function adviceOf(check: () => unknown): string | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    return (error instanceof FleetError ? error.hint : undefined) ?? asError(error).message;
  }
}
