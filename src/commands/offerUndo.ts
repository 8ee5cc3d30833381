import * as vscode from 'vscode';
import { callCommand } from '../views/callCommand';
import type { Board } from '../core/board';
import type { Needs } from '../views/context';
import { showInformationMessage } from '../views/message';

/** Reports the replaced or deleted files on a board, with a button that restores them. */
export function offerUndo({ log }: Needs<'log'>, board: Board, text: string): void {
  const undo = vscode.l10n.t('Undo');
  log.info(text);
  showInformationMessage(text, undo)
    .then(async (choice) => {
      if (choice === undo) await callCommand('mpyFleet.syncUndo', board.id);
    })
    .then(undefined, (error: unknown) => log.error('Undo failed', String(error)));
}

/** Reports how many of the written files replaced others, with a button that restores those. */
export function offerUndoOfReplaced(
  context: Needs<'log'>,
  board: Board,
  count: number,
  written: readonly string[],
): void {
  const [only = ''] = written;
  const said =
    written.length === 1
      ? vscode.l10n.t('{0} replaced on {1}', only, board.name)
      : count === 1
        ? vscode.l10n.t('1 file replaced on {0}', board.name)
        : vscode.l10n.t('{0} files replaced on {1}', count, board.name);
  offerUndo(context, board, said);
}
