import { asError, CancelledError, FleetError, PythonError } from '../errors';
import type { BoardResult } from '../many';
import type { AuditBoard } from '../store';

type Ending = Pick<AuditBoard, 'status' | 'error'>;

/**
 * Describes how an operation ended on a board, for the audit. For an exception on the board, only
 * its class, because its text is output.
 */
export function auditError(error: unknown): Ending {
  if (error === undefined) return { status: 'ok' };
  if (error instanceof CancelledError) return { status: 'cancelled' };
  if (error instanceof PythonError) {
    return { status: 'failed', error: `python: ${error.type || 'exception'}` };
  }
  if (error instanceof FleetError) {
    return { status: 'failed', error: `${error.code}: ${error.message}` };
  }
  return { status: 'failed', error: asError(error).message };
}

/**
 * Returns the boards of a job in the audit's format. `uidOf` returns a board's unique id by its id
 * in the tree.
 */
export function auditResults(
  results: readonly BoardResult[],
  uidOf: (id: string) => string | undefined,
): AuditBoard[] {
  return results.map((result) => {
    const uid = uidOf(result.id);
    const { error } = result;
    return {
      ...(uid === undefined ? {} : { uid }),
      name: result.board,
      status: result.status,
      ...(error
        ? {
            error:
              error.traceback === undefined
                ? `${error.code}: ${error.message}`
                : kindOf(error.traceback),
          }
        : {}),
    };
  });
}

/** Returns `python: ValueError` for a traceback. */
function kindOf(traceback: string): string {
  const last = traceback.trimEnd().split('\n').at(-1) ?? '';
  return `python: ${/^[A-Za-z_][\w.]*/.exec(last)?.[0] ?? 'exception'}`;
}
