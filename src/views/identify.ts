import * as vscode from 'vscode';
import type { Board } from '../core/board';
import { asError, CancelledError, ConnectionLostError, ProgramRunningError } from '../core/errors';
import type { Needs } from './context';

/**
 * Identifies a newly connected board, so that it has its name on any port. This sends one press of
 * Enter to see whether the board is at its prompt. A running program is left alone, without a
 * question.
 */
export function registerIdentify({
  fleet,
  settings,
  log,
}: Needs<'log' | 'settings' | 'fleet'>): vscode.Disposable {
  const asked = new WeakMap<Board, unknown>();
  const identify = async (board: Board): Promise<void> => {
    try {
      const job = vscode.l10n.t('Handshaking');
      await board.withSession(() => Promise.resolve(), { ask: false, job });
    } catch (error) {
      if (error instanceof ProgramRunningError || error instanceof CancelledError) return;
      if (error instanceof ConnectionLostError) return;
      log.info(`${board.name} did not say who it is: ${asError(error).message}`);
    }
  };
  const subscription = fleet.onDidChangeBoard((board) => {
    const { transport, state } = board;
    // A telnet server shows the prompt as it opens, so a board behind it is idle at once.
    const isOpen = state.tag === 'connected' || state.tag === 'idle';
    if (!transport || !isOpen || asked.get(board) === transport) return;
    asked.set(board, transport);
    if (settings.get('identify')) void identify(board);
  });
  return vscode.Disposable.from(subscription);
}
