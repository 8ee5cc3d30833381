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
