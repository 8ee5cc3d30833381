import * as vscode from 'vscode';
import type { Board, StopAnswer } from '../core/board/board';
import { CancelledError } from '../core/errors';
import type { Settings } from './settings';

/**
 * Asks whether the program on `board` may be stopped for `job`; nothing stops one without this. A setting can answer
 * once and for all.
 * @throws CancelledError when the user says no
 */
export async function mayStop(settings: Settings, board: Board, job: string): Promise<StopAnswer> {
  const always = settings.get('run.stopRunningProgram');
  if (always !== 'ask') return always;
  const restart = vscode.l10n.t('Stop and Run It Again Afterwards');
  const stop = vscode.l10n.t('Stop It');
  const question = vscode.l10n.t(
    'A program is running on {0}. "{1}" needs the prompt, so the program has to be stopped.',
    board.name,
    job,
  );
  const reminder = remind(board);
  try {
    const cancel = vscode.l10n.t('Cancel');
    const answer = await vscode.window.showWarningMessage(question, restart, stop, cancel);
    if (answer === restart) return 'stopAndRestart';
    if (answer === stop) return 'stop';
    throw new CancelledError(); // the user knows why nothing happens: no message says it again
  } finally {
    reminder.dispose();
  }
}

/** The question hides itself after a while: this says that it waits, and a click brings it back. */
function remind(board: Board): vscode.StatusBarItem {
  const item = vscode.window.createStatusBarItem(vscode.StatusBarAlignment.Left);
  item.text = `$(warning) ${vscode.l10n.t('Stop the program on {0}?', board.name)}`;
  item.backgroundColor = new vscode.ThemeColor('statusBarItem.warningBackground');
  item.command = 'notifications.showList';
  item.show();
  return item;
}
