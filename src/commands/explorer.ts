import * as vscode from 'vscode';
import { SCHEME } from '../views/boardUris';
import type { Command } from './types';

/** Boards as folders of the Explorer, and their programs in the way of looking at files. */
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
