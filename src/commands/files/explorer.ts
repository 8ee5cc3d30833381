import * as vscode from 'vscode';
import { SCHEME } from '../../views/boardUris';
import { showInformationMessage } from '../../views/message';
import type { Command } from '../types';

/**
 * Returns whether VS Code reloads the window, which it does when the first folder is added to a
 * workspace that is not a multi-root one.
 */
function reloadsWindow(): boolean {
  return vscode.workspace.workspaceFile === undefined;
}

async function confirmReload(name: string): Promise<boolean> {
  const go = vscode.l10n.t('Continue');
  const question = vscode.l10n.t('Show {0} in the Explorer? This reloads the window.', name);
  const detail = vscode.l10n.t(
    'VS Code opens a multi-folder workspace and restarts, which closes open terminals. The Boards view shows the same files without a restart.',
  );
  return (await showInformationMessage(question, { modal: true, detail }, go)) === go;
}

/** Commands that show boards as folders of the Explorer. */
export const explorerCommands: readonly Command[] = [
  {
    id: 'addToExplorer',
    needs: 'board',
    which: 'present',
    run: async ({ uris }, board) => {
      if (!board.uid) await board.refreshInfo();
      const uri = uris.toUri(board, '/');
      const folders = vscode.workspace.workspaceFolders ?? [];
      if (!folders.some((f) => f.uri.toString() === uri.toString())) {
        if (reloadsWindow() && !(await confirmReload(board.name))) return;
        vscode.workspace.updateWorkspaceFolders(folders.length, 0, { uri, name: board.name });
      }
      await vscode.commands.executeCommand('workbench.view.explorer');
    },
  },
  {
    id: 'removeFromExplorer',
    needs: 'nothing',
    run: (_context, { args: [uri] }) => {
      const folders = vscode.workspace.workspaceFolders ?? [];
      const at = folders.findIndex(
        (f) =>
          f.uri.scheme === SCHEME &&
          uri instanceof vscode.Uri &&
          f.uri.toString() === uri.toString(),
      );
      if (at >= 0) vscode.workspace.updateWorkspaceFolders(at, 1);
    },
  },
  {
    id: 'stopToSeeFiles',
    needs: 'board',
    which: 'open',
    run: async ({ tree }, board) => {
      await board.interrupt();
      tree.refresh(board);
    },
  },
];
