import * as vscode from 'vscode';
import type { Command } from '../types';

/** Opens the form for the configuration of boards. */
export const configureCommands: readonly Command[] = [
  {
    id: 'configureBoards',
    needs: 'boards',
    which: 'any',
    run: async (_context, boards) => {
      await vscode.commands.executeCommand('mpyFleet.internal.showConfigure', boards);
    },
  },
];
