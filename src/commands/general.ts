import * as vscode from 'vscode';
import type { Command } from './types';

/** What is about the product and not about a board. */
export const generalCommands: readonly Command[] = [
  { id: 'showLog', needs: 'nothing', run: ({ log }) => log.show() },
  {
    id: 'openSettings',
    needs: 'nothing',
    run: async ({ extension }) => {
      await vscode.commands.executeCommand(
        'workbench.action.openSettings',
        `@ext:${extension.extension.id}`,
      );
    },
  },
  {
    id: 'openWalkthrough',
    needs: 'nothing',
    run: async ({ extension }) => {
      const walkthrough = `${extension.extension.id}#mpyFleet.start`;
      await vscode.commands.executeCommand('workbench.action.openWalkthrough', walkthrough, false);
    },
  },
  {
    id: 'showOtherPorts',
    needs: 'nothing',
    run: ({ settings }) => settings.set('showOtherPorts', !settings.get('showOtherPorts')),
  },
];
