import * as vscode from 'vscode';
import type { Board } from '../../core/board';
import type { Outcome } from '../../core/many';
import { OwnFilesError } from '../../core/packages';
import { firstLines, namesOf } from '../summary';
import { showWarningMessage } from '../../views/message';
import type { Call } from '../types';

/** Maximum number of paths in a question. */
const NAMED = 5;

/**
 * Asks once about all boards whose own files are in the way, and retries those for which the user
 * agrees.
 * @returns the outcomes of all boards
 */
export async function askedAgain<T>(
  outcomes: readonly Outcome<Board, T>[],
  again: (boards: readonly Board[]) => Promise<Outcome<Board, T>[]>,
  ask: Call['ask'],
): Promise<readonly Outcome<Board, T>[]> {
  const stopped = outcomes.flatMap((o) =>
    o.status === 'failed' && o.error instanceof OwnFilesError
      ? [{ board: o.board, paths: o.error.paths }]
      : [],
  );
  const boards = stopped.map((s) => s.board);
  if (boards.length === 0) return outcomes;
  const paths = [...new Set(stopped.flatMap((s) => s.paths))];
  if (await ask(() => mayTake(boards, paths, 'replace'))) {
    const done = new Map((await again(boards)).map((o) => [o.board, o]));
    return outcomes.map((o) => done.get(o.board) ?? o);
  }
  // The user decided this, so it is not a failure.
  return outcomes.map((o) =>
    boards.includes(o.board) ? { board: o.board, status: 'cancelled', ms: o.ms } : o,
  );
}

/** Returns whether the user allows these own files to be replaced. */
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
  const detail = [
    ...firstLines(paths, NAMED),
    '',
    vscode.l10n.t(
      'They were changed on the board or installed from elsewhere. The changes will be lost.',
    ),
  ].join('\n');
  const options = { modal: true, detail };
  return (await showWarningMessage(question, options, action)) === action;
}
