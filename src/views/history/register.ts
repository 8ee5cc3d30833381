import * as vscode from 'vscode';
import { recordBoards } from '../../core/store';
import { DisposableStore } from '../../core/events';
import type { Needs } from '../context';
import { HistoryPanel } from './historyPanel';

const TYPE = 'mpyFleet.history';

/** Stores what boards behind brokers report, as set in the settings, and registers the history page. */
export function registerHistory(
  context: Needs<'extension' | 'log' | 'settings' | 'fleet' | 'known' | 'brokers' | 'history'>,
): vscode.Disposable {
  const { brokers, history, settings } = context;
  const lifetime = new DisposableStore();
  const record = () => recordBoards(brokers.hub, history.store, { level: () => history.logLevel });
  let recording = record();
  lifetime.add({ dispose: () => recording.dispose() });
  lifetime.add(
    settings.onDidChange((names) => {
      if (!names.includes('history.logLevel')) return;
      recording.dispose();
      recording = record();
    }),
  );
  lifetime.add(new HistoryPage(context));
  return new vscode.Disposable(() => lifetime.dispose());
}

/** The history page, of which a window has at most one. VS Code restores it with the window. */
class HistoryPage implements vscode.Disposable {
  readonly #subscription: vscode.Disposable;
  #open: { panel: vscode.WebviewPanel; page: HistoryPanel } | undefined;

  constructor(
    private readonly context: Needs<'extension' | 'log' | 'fleet' | 'known' | 'history'>,
  ) {
    this.#subscription = vscode.Disposable.from(
      vscode.window.registerWebviewPanelSerializer(TYPE, {
        deserializeWebviewPanel: (panel) => {
          this.#fill(panel, '');
          return Promise.resolve();
        },
      }),
      vscode.commands.registerCommand('mpyFleet.internal.showHistory', (uid?: string) =>
        this.#show(uid ?? ''),
      ),
    );
  }

  dispose(): void {
    this.#subscription.dispose();
    this.#open?.page.dispose();
  }

  #show(uid: string): void {
    if (this.#open) {
      this.#open.panel.reveal();
      this.#open.page.choose(uid);
      return;
    }
    const title = vscode.l10n.t('MicroPython History');
    const options = { retainContextWhenHidden: true };
    const column = vscode.ViewColumn.Active;
    this.#fill(vscode.window.createWebviewPanel(TYPE, title, column, options), uid);
  }

  #fill(panel: vscode.WebviewPanel, uid: string): void {
    const { extensionUri } = this.context.extension;
    this.#open?.page.dispose();
    panel.iconPath = vscode.Uri.joinPath(extensionUri, 'media', 'icon.png');
    const open = { panel, page: new HistoryPanel(this.context, panel, uid) };
    this.#open = open;
    panel.onDidDispose(() => {
      if (this.#open === open) this.#open = undefined;
    });
  }
}
