import * as vscode from 'vscode';
import type { Board } from '../core/board';
import {
  asError,
  CancelledError,
  ConnectionLostError,
  OtherBoardError,
  ProgramRunningError,
} from '../core/errors';
import type { Transport } from '../core/transport';
import type { Needs } from './context';

/** Attempts on one link: a board that starts, or that is busy, may not answer the first time. */
const MOST_ATTEMPTS = 3;

/**
 * Identifies a newly connected board, so that it has its name on any port. This sends one press of
 * Enter to see whether the board is at its prompt. A running program is left alone, without a
 * question; once it has ended, the board is asked again.
 */
export function registerIdentify({
  fleet,
  settings,
  log,
}: Needs<'log' | 'settings' | 'fleet'>): vscode.Disposable {
  const attempts = new WeakMap<Board, { transport: Transport; count: number; isAsking: boolean }>();
  const identify = async (board: Board): Promise<void> => {
    try {
      const job = vscode.l10n.t('Handshaking');
      await board.withSession(() => Promise.resolve(), { ask: false, job });
    } catch (error) {
      if (error instanceof ProgramRunningError || error instanceof CancelledError) return;
      if (error instanceof ConnectionLostError) return;
      if (error instanceof OtherBoardError) return; // its own row has the link now
      log.info(`${board.name} did not say who it is: ${asError(error).message}`);
    }
  };
  const look = (board: Board): void => {
    const { transport, state } = board;
    // A telnet server shows the prompt as it opens, so a board behind it is idle at once.
    if (!transport || (state.tag !== 'connected' && state.tag !== 'idle')) return;
    const known = attempts.get(board);
    const link = known?.transport === transport ? known : { transport, count: 0, isAsking: false };
    attempts.set(board, link);
    const isDue = link.count === 0 || (state.tag === 'idle' && link.count < MOST_ATTEMPTS);
    if (!settings.get('identify') || board.isIdentified || link.isAsking || !isDue) return;
    link.count++;
    link.isAsking = true;
    void identify(board).finally(() => {
      link.isAsking = false;
      look(board);
    });
  };
  return vscode.Disposable.from(fleet.onDidChangeBoard(look));
}
