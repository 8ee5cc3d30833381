import * as vscode from 'vscode';
import type { Board } from '../../core/board/board';
import { infoLines } from '../../core/board/boardInfoText';
import { isConnected } from '../../core/board/boardState';
import { CancelledError } from '../../core/errors';
import { DisposableStore } from '../../core/events';
import { Coalescer } from '../coalesce';
import type { ViewContext } from '../context';
import { showError } from '../showError';
import { pageHtml, pageRoots } from '../webviewHtml';
import {
  ACTIONS,
  readMessage,
  type DashboardRow,
  type FromDashboard,
  type ToDashboard,
} from './messages';
import { dashboardBody, dashboardWords } from './page';
import { dashboardRow } from './rows';

/** Thousands of boards that change at once are a few messages a second. */
const REDRAW_MS = 250;

/** The dashboard: all boards as a table that sorts, filters and acts, and one of them closely. */
export class DashboardPanel implements vscode.Disposable {
  readonly #lifetime = new DisposableStore();
  readonly #lastSeen = new Map<string, number>();
  /** Boards that have changed; `list`: any may have come or gone. */
  readonly #changed: Coalescer<Board | 'list'>;
  #shown = new Set<string>();
  #looked = '';

  constructor(
    private readonly context: ViewContext,
    private readonly panel: vscode.WebviewPanel,
  ) {
    const { fleet, many, extension } = context;
    this.#changed = this.#lifetime.add(new Coalescer(REDRAW_MS, (boards) => this.#send(boards)));
    this.#lifetime.add(fleet.onDidChangeBoard((board) => this.#changed.add(board)));
    this.#lifetime.add(fleet.onDidChangeList(() => this.#changed.add('list')));
    this.#lifetime.add(
      many.telemetry.onDidChange((uid) => {
        const board = fleet.byUid(uid);
        if (board) this.#changed.add(board);
      }),
    );
    this.#lifetime.add(many.pending.onDidChange(() => this.#changed.add('list')));
    const { webview } = panel;
    webview.options = {
      enableScripts: true,
      localResourceRoots: pageRoots(extension.extensionUri),
    };
    this.#lifetime.add(
      webview.onDidReceiveMessage((message: unknown) => {
        const known = readMessage(message);
        if (known) this.#take(known).catch((error: unknown) => this.#failed(error));
      }),
    );
    this.#lifetime.add(panel.onDidDispose(() => this.#lifetime.dispose()));
    webview.html = pageHtml(webview, extension.extensionUri, {
      name: 'dashboard',
      title: vscode.l10n.t('MicroPython Dashboard'),
      body: dashboardBody,
    });
  }

  dispose(): void {
    this.panel.dispose();
  }

  async #take(message: FromDashboard): Promise<void> {
    const { fleet } = this.context;
    switch (message.kind) {
      case 'ready':
        this.#post({ kind: 'words', words: dashboardWords() });
        this.#send(['list']);
        return;
      case 'act':
        await vscode.commands.executeCommand(ACTIONS[message.action], ...message.ids);
        return;
      case 'look':
        this.#looked = message.id;
        this.#sendBoard();
        return;
      case 'measure':
        await fleet.byId(message.id)?.refreshInfo();
        return;
    }
  }

  #send(changes: readonly (Board | 'list')[]): void {
    const { fleet } = this.context;
    const all = changes.includes('list');
    const changed = all
      ? fleet.boards
      : changes.filter((b): b is Board => b !== 'list' && fleet.byId(b.id) === b);
    const rows = changed.map((b) => this.#row(b));
    const now = new Set(fleet.boards.map((b) => b.id));
    const removed = [...this.#shown].filter((id) => !now.has(id));
    this.#shown = now;
    this.#post({ kind: 'rows', all, rows, removed });
    if (changed.some((b) => b.id === this.#looked)) this.#sendBoard();
  }

  #row(board: Board): DashboardRow {
    const { fleet, many } = this.context;
    if (isConnected(board.state) || board.state.tag === 'online') {
      this.#lastSeen.set(board.id, Date.now());
    }
    const { uid } = board;
    const latest = uid === undefined ? undefined : many.telemetry.latest(uid);
    const seen = Math.max(this.#lastSeen.get(board.id) ?? 0, latest?.at ?? 0);
    return dashboardRow(board, {
      tags: fleet.tagsOf(board),
      latest,
      lastSeen: seen === 0 ? undefined : seen,
      waiting: uid === undefined ? 0 : many.pending.for(uid).length,
    });
  }

  /** The board that is looked at closely. */
  #sendBoard(): void {
    const { fleet, many } = this.context;
    const board = fleet.byId(this.#looked);
    if (!board) return;
    this.#post({
      kind: 'board',
      id: board.id,
      samples: board.uid === undefined ? [] : many.telemetry.of(board.uid),
      facts: [
        ...infoLines(board.info ?? {}),
        ...board.links.map((l): [string, string] => ['link', l.found.address.text]),
      ],
    });
  }

  #post(message: ToDashboard): void {
    this.panel.webview
      .postMessage(message)
      .then(undefined, (error: unknown) => this.#failed(error));
  }

  #failed(error: unknown): void {
    if (!(error instanceof CancelledError)) showError(this.context, error);
  }
}
