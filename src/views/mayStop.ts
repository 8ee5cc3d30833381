import * as vscode from 'vscode';
import type { Board, StopAnswer } from '../core/board';
import { CancelledError } from '../core/errors';
import { showWarningMessage, tellBriefly } from './message';
import type { Settings } from './settings';

/** The question about one board, while it is open. */
interface Open {
  readonly answer: Promise<StopAnswer>;
  readonly reminder: vscode.StatusBarItem;
  /** Number of operations that wait for it. */
  waiting: number;
}

/** Asks whether a running program may be stopped; at most one question for a board at a time. */
export class StopQuestions {
  readonly #open = new Map<Board, Open>();

  constructor(private readonly settings: Settings) {}

  /**
   * Asks whether the program on `board` may be stopped for `job`. No program is stopped without
   * this; a setting can answer permanently. While the question is open, other operations share its
   * answer, and the user sees that they wait. `isRun`: the operation is Run, which never restarts
   * the old program.
   * @throws CancelledError when the user refuses
   */
  async mayStop(board: Board, job: string, isRun = false): Promise<StopAnswer> {
    const always = this.settings.get('run.stopRunningProgram');
    const answer = always === 'ask' ? await this.#asked(board, job, isRun) : always;
    return isRun && answer === 'stopAndRestart' ? 'stop' : answer;
  }

  async #asked(board: Board, job: string, isRun: boolean): Promise<StopAnswer> {
    const open = this.#open.get(board);
    if (open) {
      open.waiting++;
      open.reminder.text = `$(warning) ${vscode.l10n.t('Stop the program on {0}? {1} operations are waiting', board.name, open.waiting)}`;
      tellBriefly(vscode.l10n.t('"{0}" is waiting for the same answer about {1}', job, board.name));
      return open.answer;
    }
    const reminder = remind(board);
    const answer = this.#ask(board, job, isRun);
    this.#open.set(board, { answer, reminder, waiting: 1 });
    try {
      return await answer;
    } finally {
      this.#open.delete(board);
      reminder.dispose();
    }
  }

  async #ask(board: Board, job: string, isRun: boolean): Promise<StopAnswer> {
    const stop = isRun ? vscode.l10n.t('Stop and Run') : vscode.l10n.t('Stop It');
    const restart = vscode.l10n.t('Stop and Restart It Afterwards');
    const always = vscode.l10n.t('Always Stop');
    const cancel = vscode.l10n.t('Cancel');
    const question = vscode.l10n.t(
      'A program is running on {0}. "{1}" needs the prompt, so the program must be stopped first.',
      board.name,
      job,
    );
    const buttons = isRun ? [stop, always, cancel] : [restart, stop, cancel];
    const answer = await showWarningMessage(question, ...buttons);
    if (answer === restart) return 'stopAndRestart';
    if (answer === stop) return 'stop';
    if (answer === always) {
      await this.settings.set('run.stopRunningProgram', 'stop');
      return 'stop';
    }
    throw new CancelledError(); // the user knows the reason, so there is no message
  }
}

/**
 * Shows an item while the question is open. The question disappears after a while; a click on the
 * item shows it again.
 */
function remind(board: Board): vscode.StatusBarItem {
  const item = vscode.window.createStatusBarItem(vscode.StatusBarAlignment.Left);
  item.text = `$(warning) ${vscode.l10n.t('Stop the program on {0}?', board.name)}`;
  item.backgroundColor = new vscode.ThemeColor('statusBarItem.warningBackground');
  item.command = 'notifications.showList';
  item.show();
  return item;
}
