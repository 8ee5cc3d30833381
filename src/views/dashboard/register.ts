import * as vscode from 'vscode';
import type { Needs } from '../context';
import { DashboardPanel } from './dashboardPanel';

/** The services that most functions here use. */
type Services = Needs<'extension' | 'log' | 'fleet' | 'history' | 'appVersions' | 'many'>;

const TYPE = 'mpyFleet.dashboard';

/** The dashboard, of which a window has at most one. VS Code restores it with the window. */
export class Dashboard implements vscode.Disposable {
  readonly #serializer: vscode.Disposable;
  #open: { panel: vscode.WebviewPanel; page: DashboardPanel } | undefined;

  constructor(private readonly context: Services) {
    this.#serializer = vscode.window.registerWebviewPanelSerializer(TYPE, {
      deserializeWebviewPanel: (panel) => {
        this.#fill(panel);
        return Promise.resolve();
      },
    });
  }

  show(): void {
    if (this.#open) {
      this.#open.panel.reveal();
      return;
    }
    const title = vscode.l10n.t('MicroPython Dashboard');
    this.#fill(
      vscode.window.createWebviewPanel(TYPE, title, vscode.ViewColumn.Active, {
        retainContextWhenHidden: true,
      }),
    );
  }

  dispose(): void {
    this.#serializer.dispose();
    this.#open?.page.dispose();
  }

  #fill(panel: vscode.WebviewPanel): void {
    this.#open?.page.dispose();
    panel.iconPath = vscode.Uri.joinPath(this.context.extension.extensionUri, 'media', 'icon.png');
    const open = { panel, page: new DashboardPanel(this.context, panel) };
    this.#open = open;
    panel.onDidDispose(() => {
      if (this.#open === open) this.#open = undefined;
    });
  }
}

/** Registers the dashboard, which `mpyFleet.showDashboard` opens. */
export function registerDashboard(context: Services): vscode.Disposable {
  const dashboard = new Dashboard(context);
  return vscode.Disposable.from(
    dashboard,
    vscode.commands.registerCommand('mpyFleet.internal.showDashboard', () => dashboard.show()),
  );
}
