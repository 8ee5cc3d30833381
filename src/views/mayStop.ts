import * as vscode from 'vscode';
import type { Board, StopAnswer } from '../core/board';
import type { Settings } from './settings';

/**
 * Asks whether the program on `board` may be stopped for `job`; nothing stops one without this. A setting can answer
 * once and for all.
 */
export async function mayStop(settings: Settings, board: Board, job: string): Promise<StopAnswer> {
  const always = settings.get('run.stopRunningProgram');
  if (always !== 'ask') return always;
  const restart = vscode.l10n.t('Stop and Run It Again Afterwards');
  const stop = vscode.l10n.t('Stop It');
  const answer = await vscode.window.showWarningMessage(
    vscode.l10n.t(
      'A program is running on {0}. "{1}" needs the prompt, so the program has to be stopped.',
      board.name,
      job,
    ),
    restart,
    stop,
    vscode.l10n.t('Cancel'),
  );
  if (answer === restart) return 'stopAndRestart';
  return answer === stop ? 'stop' : undefined;
}
