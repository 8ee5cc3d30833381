import * as vscode from 'vscode';
import type { Board } from '../../core/board';
import { sortByName } from '../../core/many';
import type { Needs } from '../context';
import { ConfigurePanel } from './configurePanel';
import { DesiredConfigs } from './desired';

const TYPE = 'mpyFleet.configure';

/** Registers the form for the configuration of boards; a window has at most one. */
export function registerConfigure(
  context: Needs<'extension' | 'log' | 'settings' | 'brokers' | 'history' | 'many'>,
): vscode.Disposable {
  const { globalState, secrets, extensionUri } = context.extension;
  const desired = new DesiredConfigs(globalState, secrets);
  let open: { panel: vscode.WebviewPanel; page: ConfigurePanel } | undefined;
  const command = vscode.commands.registerCommand(
    'mpyFleet.internal.showConfigure',
    async (selected: readonly Board[]) => {
      const boards = sortByName(selected);
      if (open) {
        open.panel.reveal();
        return open.page.choose(boards);
      }
      const title = vscode.l10n.t('Configure MicroPython Boards');
      const options = { retainContextWhenHidden: true };
      const panel = vscode.window.createWebviewPanel(
        TYPE,
        title,
        vscode.ViewColumn.Active,
        options,
      );
      panel.iconPath = vscode.Uri.joinPath(extensionUri, 'media', 'icon.png');
      open = { panel, page: new ConfigurePanel(context, desired, panel, boards) };
      panel.onDidDispose(() => (open = undefined));
    },
  );
  return vscode.Disposable.from(command, { dispose: () => open?.page.dispose() });
}
