import { NoRawPasteError, ProtocolError, PythonError } from '../errors';

/**
 * Returns whether code that was sent without asking the board may have failed because the board lacks something, or because the
 * line damaged it: the careful way comes next.
 */
export function lacksSupport(error: unknown): boolean {
  return (
    error instanceof PythonError ||
    error instanceof NoRawPasteError ||
    error instanceof ProtocolError
  );
}
