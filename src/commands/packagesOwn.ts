import * as vscode from 'vscode';
import type { Board } from '../core/board/board';
import type { Outcome } from '../core/many/jobs';
import { OwnFilesError } from '../core/packages/change';
import { namesOf } from './summary';

/** Most paths that a question names. */
const NAMED = 5;

/**
 * Boards on which the user's own files were in the way: asks once for all of them, and tries those again where the answer
 * is yes. Gives the outcomes of all boards.
 */
export async function askedAgain<T>(
  outcomes: readonly Outcome<Board, T>[],
  again: (boards: readonly Board[]) => Promise<Outcome<Board, T>[]>,
): Promise<readonly Outcome<Board, T>[]> {
  const stopped = outcomes.flatMap((o) =>
    o.status === 'failed' && o.error instanceof OwnFilesError
      ? [{ board: o.board, paths: o.error.paths }]
      : [],
  );
  const boards = stopped.map((s) => s.board);
  if (boards.length === 0) return outcomes;
  const paths = [...new Set(stopped.flatMap((s) => s.paths))];
  if (await mayTake(boards, paths, 'replace')) {
    const done = new Map((await again(boards)).map((o) => [o.board, o]));
    return outcomes.map((o) => done.get(o.board) ?? o);
  }
  // The user has decided: that is no failure.
  return outcomes.map((o) =>
    boards.includes(o.board) ? { board: o.board, status: 'cancelled', ms: o.ms } : o,
  );
}

/** Whether the user gives these files of his away. */
export async function mayTake(
  boards: readonly Board[],
  paths: readonly string[],
  what: 'replace' | 'remove',
): Promise<boolean> {
  const where = namesOf(boards);
  const [question, action] =
    what === 'replace'
      ? [vscode.l10n.t('Replace files on {0}?', where), vscode.l10n.t('Replace')]
      : [vscode.l10n.t('Remove changed files on {0}?', where), vscode.l10n.t('Remove')];
  const more = paths.length > NAMED ? [vscode.l10n.t('and {0} more', paths.length - NAMED)] : [];
  const detail = [
    ...paths.slice(0, NAMED),
    ...more,
    '',
    vscode.l10n.t(
      'They were changed on the board, or put there by somebody else. They will be lost.',
    ),
  ].join('\n');
  const options = { modal: true, detail };
  return (await vscode.window.showWarningMessage(question, options, action)) === action;
}
