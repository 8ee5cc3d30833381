import * as vscode from 'vscode';
import type { Command } from '../types';

/** Commands that set up new boards. The code that does it is loaded on first use. */
export const setupCommands: readonly Command[] = [
  {
    id: 'setUpNewBoard',
    needs: 'nothing',
    progress: { where: 'notification', title: () => vscode.l10n.t('Setting up a new board') },
    run: async (context, call) => (await import('./wizard')).setUpNewBoard(context, call),
  },
  {
    id: 'setUpWithoutCable',
    needs: 'nothing',
    progress: { where: 'notification', title: () => vscode.l10n.t('Setting up a board') },
    run: async (context, call) => (await import('./nearby')).setUpWithoutCable(context, call),
  },
  {
    id: 'openProductionLine',
    needs: 'nothing',
    run: async (context, call) => (await import('./line')).openProductionLine(context, call),
  },
];
