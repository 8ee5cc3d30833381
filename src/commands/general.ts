import * as vscode from 'vscode';
import { callCommand } from '../views/callCommand';
import type { Command } from './types';

/** The code of "Try an Example". It runs on every MicroPython. */
const EXAMPLE = `import sys

print('Hello from', sys.platform)
`;

/** Commands that concern the product instead of a board. */
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
    id: 'tryFile',
    needs: 'nothing',
    run: async () => {
      const document = await vscode.workspace.openTextDocument({
        language: 'python',
        content: EXAMPLE,
      });
      await vscode.window.showTextDocument(document, columnOfExample());
      await callCommand('mpyFleet.runFile');
    },
  },
  {
    id: 'showOtherPorts',
    needs: 'nothing',
    run: ({ settings }) => settings.set('showOtherPorts', !settings.get('showOtherPorts')),
  },
];

/** The walkthrough, which has this command's button, stays in sight; otherwise the example opens as any other file. */
function columnOfExample(): vscode.ViewColumn {
  const tab = vscode.window.tabGroups.activeTabGroup.activeTab;
  // VS Code tells extensions nothing of the walkthrough's tab but its label.
  const isPage = tab !== undefined && tab.input === undefined;
  return isPage ? vscode.ViewColumn.Beside : vscode.ViewColumn.Active;
}
