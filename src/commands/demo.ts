import * as vscode from 'vscode';
import { BOARDS_VIEW } from '../views/tree/treeView';
import type { Command } from './types';

/** The board that needs no hardware. */
export const demoCommands: readonly Command[] = [
  {
    id: 'startDemo',
    needs: 'nothing',
    progress: { where: 'view', title: () => vscode.l10n.t('Starting a demo board') },
    run: async (context, { signal }) => {
      const { fleet, demos, active, terminals } = context;
      const { address } = demos.found[0] ?? (await demos.add());
      const board = fleet.byAddress(address);
      if (!board) throw new Error(`${address.text} is not in the tree`);
      await vscode.commands.executeCommand(`${BOARDS_VIEW}.focus`);
      await board.connect({ signal });
      await active.choose(board);
      terminals.show(board, true);
    },
  },
  {
    id: 'stopDemo',
    needs: 'board',
    which: 'any',
    run: async ({ demos }, board) => {
      await board.disconnect();
      for (const { found } of board.links) {
        if (found.address.kind === 'demo') await demos.remove(found.address.text);
      }
    },
  },
];
