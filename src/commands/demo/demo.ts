import * as vscode from 'vscode';
import { UsageError } from '../../core/errors';
import { BOARDS_VIEW } from '../../views/tree';
import type { Command } from '../types';

/** Commands for the demo board, which needs no hardware. */
export const demoCommands: readonly Command[] = [
  {
    id: 'startDemo',
    needs: 'nothing',
    progress: { where: 'view', title: () => vscode.l10n.t('Starting a demo board') },
    run: async (context, { signal, begin }) => {
      begin();
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
    id: 'startFarDemo',
    needs: 'nothing',
    progress: {
      where: 'notification',
      title: () => vscode.l10n.t('Starting a demo board at the local broker'),
    },
    run: async (context, call) => (await import('./far')).startFarDemo(context, call),
  },
  {
    id: 'stopFarDemo',
    needs: 'nothing',
    run: ({ farDemo }) => {
      if (farDemo.isRunning) farDemo.stop();
      else throw new UsageError(vscode.l10n.t('No demo board runs at the local broker'));
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
