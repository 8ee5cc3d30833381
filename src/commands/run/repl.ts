import * as vscode from 'vscode';
import type { Command } from '../types';
import { showInformationMessage, tellBriefly } from '../../views/message';

/** Commands for the board's REPL. */
export const replCommands: readonly Command[] = [
  {
    id: 'openRepl',
    needs: 'board',
    which: 'present',
    run: async (context, board, { signal }) => {
      context.terminals.show(board);
      await context.active.choose(board);
      if (!board.transport) await board.connect({ signal });
    },
  },
  {
    id: 'toggleReplLog',
    needs: 'board',
    which: 'any',
    run: async ({ replLogs }, board) => {
      if (replLogs.pathOf(board) !== undefined) {
        replLogs.stop(board);
        tellBriefly(vscode.l10n.t('REPL log of {0} is off', board.name), 'check');
        return;
      }
      const path = await replLogs.start(board);
      const open = vscode.l10n.t('Open It');
      const text = vscode.l10n.t('Output of {0} is copied to {1}', board.name, path);
      const answer = await showInformationMessage(text, open);
      if (answer === open) await vscode.window.showTextDocument(vscode.Uri.file(path));
    },
  },
];
