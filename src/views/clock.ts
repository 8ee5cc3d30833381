import * as vscode from 'vscode';
import { type Board, clockCode } from '../core/board';
import { asError, CancelledError, ConnectionLostError, ProgramRunningError } from '../core/errors';
import { withEitherNames } from '../core/python/firmwareNames';
import type { Needs } from './context';

/**
 * Sets the clock of a board that has just reported its time, if the difference exceeds the setting.
 * Does nothing while a program runs, or if the clock runs in UTC, as NTP sets it.
 */
export function registerClock({
  fleet,
  settings,
  log,
  history,
}: Needs<'log' | 'settings' | 'fleet' | 'history'>): vscode.Disposable {
  const seen = new WeakMap<Board, Board['clock']>();
  const set = async (board: Board): Promise<void> => {
    const job = vscode.l10n.t('Setting the clock');
    try {
      const code = withEitherNames(clockCode(new Date()));
      await board.exec(code, { job, ask: false });
      board.noteClock(Date.now() / 1000 - new Date().getTimezoneOffset() * 60);
      seen.set(board, board.clock);
      history.operations.worked(board, job);
      log.info(`${board.name}: its clock was set`);
    } catch (error) {
      if (error instanceof ProgramRunningError || error instanceof CancelledError) return;
      if (error instanceof ConnectionLostError) return;
      log.info(`${board.name}: its clock could not be set: ${asError(error).message}`);
    }
  };
  const subscription = fleet.onDidChangeBoard((board) => {
    const { clock, transport } = board;
    if (!clock || !transport || seen.get(board) === clock) return;
    seen.set(board, clock);
    const seconds = settings.get('clock.setOnConnect');
    if (seconds <= 0 || clock.isUtc || Math.abs(clock.offset) <= seconds * 1000) return;
    void set(board);
  });
  return vscode.Disposable.from(subscription);
}
