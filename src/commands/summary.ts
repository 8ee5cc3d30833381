import * as vscode from 'vscode';
import type { CommandName } from '../manifest';
import type { Board } from '../core/board';
import { type Outcome, unfinished } from '../core/many';
import type { Needs } from '../views/context';
import { wordsFor } from '../views/words';
import { showErrorMessage } from '../views/message';

/** Returns the board's name, or `3 boards`. */
export function namesOf(boards: readonly Board[]): string {
  const [first] = boards;
  return boards.length === 1 && first ? first.name : vscode.l10n.t('{0} boards', boards.length);
}

/** Returns the first `most` lines, and in one more line how many are left out. */
export function firstLines(lines: readonly string[], most: number): string[] {
  const more = lines.length - most;
  return more > 0 ? [...lines.slice(0, most), vscode.l10n.t('and {0} more', more)] : [...lines];
}

/**
 * Shows one message about the work on several boards, and offers `command` for those that failed.
 * The error of a single board is thrown, so that the wrapper shows it. Complete success shows
 * nothing.
 */
export function summarise<T>(
  context: Needs<'log' | 'tree'>,
  outcomes: readonly Outcome<Board, T>[],
  work: string,
  command: CommandName,
  ...rest: unknown[]
): void {
  const failed = outcomes.filter((o) => o.status === 'failed');
  const [first] = failed;
  if (!first) return;
  if (outcomes.length === 1) throw first.error;
  for (const { board, error } of failed) context.log.error(`${work}: ${board.name}`, error);
  const ok = outcomes.filter((o) => o.status === 'ok').length;
  const text = vscode.l10n.t(
    '{0}: {1} of {2}; {3}: {4}',
    work,
    ok,
    outcomes.length,
    first.board.name,
    failed.length === 1 ? wordsFor(first.error, false).text : first.error.message,
  );
  const more = failed.length > 1 ? vscode.l10n.t(' and {0} more', failed.length - 1) : '';
  const retry = vscode.l10n.t('Retry Failed');
  const showLog = vscode.l10n.t('Show Log');
  showErrorMessage(text + more, retry, showLog)
    .then(async (choice) => {
      if (choice === showLog) context.log.show();
      if (choice !== retry) return;
      const nodes = unfinished(outcomes).map((board) => context.tree.nodeOf(board));
      await vscode.commands.executeCommand(command, nodes[0], [...nodes, ...rest.flat()]);
    })
    .then(undefined, (error: unknown) => context.log.error('Retry failed', String(error)));
}
