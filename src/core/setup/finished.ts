import * as l10n from '@vscode/l10n';
import { AlreadySetUpError, type SetupRecord } from './record';
import type { SetupBoard } from './steps';

/** @throws AlreadySetUpError if `earlier` is the record of a finished board */
export function refuseFinished(earlier: SetupRecord | undefined): void {
  if (!earlier || earlier.failed) return;
  const who = earlier.name ?? earlier.uid ?? earlier.chip ?? '';
  throw new AlreadySetUpError(l10n.t('{0} was set up before and was not changed', who));
}

/**
 * Restarts the program of a finished board, which was stopped to read its id.
 * @returns the error to throw, which says so if the program does not run
 */
export async function restarted(
  board: SetupBoard,
  already: AlreadySetUpError,
  signal: AbortSignal,
): Promise<AlreadySetUpError> {
  try {
    await board.reset('soft', signal);
    return already;
  } catch (cause) {
    const words = l10n.t('{0}, but its program does not run: press RESET', already.message);
    return new AlreadySetUpError(words, { cause });
  }
}
