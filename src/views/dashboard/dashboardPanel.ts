import * as vscode from 'vscode';
import { callCommand } from '../callCommand';
import { type Board, boardZone, isConnected } from '../../core/board';
import { CancelledError } from '../../core/errors';
import { DisposableStore } from '../../core/events';
import { Coalescer } from '../coalesce';
import type { Needs } from '../context';
import { showError } from '../showError';
import { pageHtml, pageRoots } from '../webviewHtml';
import {
  ACTIONS,
  readMessage,
  type BoardSeries,
  type ChartPeriod,
  type DashboardRow,
  type FromDashboard,
  type ToDashboard,
} from './messages';
import { helpFor } from './help';
import { seriesOf, storedSeries } from './series';
import { dashboardBody, dashboardWords } from './page';
import { factLines } from '../tree';
import { dashboardRow } from './rows';

/**
 * Milliseconds in which changes are collected: thousands of changing boards cause a few messages a
 * second.
 */
const REDRAW_MS = 250;
/** Milliseconds between two checks of all boards. */
const LOOK_MS = 60_000;

/**
 * The dashboard: all boards as a table that can be sorted and filtered and acts on them, and
 * details of one board.
 */
export class DashboardPanel implements vscode.Disposable {
  readonly #lifetime = new DisposableStore();
  readonly #lastSeen = new Map<string, number>();
  /** Boards that have changed; `list`: boards were added or removed. */
  readonly #changed: Coalescer<Board | 'list'>;
  #shown = new Set<string>();
  #looked = '';
  #period: ChartPeriod = 'live';
  /**
   * The charts from the history that were read last. Changes of the board do not read them again.
   */
  #stored: BoardSeries | undefined;

  constructor(
    private readonly context: Needs<
      'extension' | 'log' | 'fleet' | 'history' | 'appVersions' | 'many'
    >,
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
    this.#lifetime.add(
      context.appVersions.onDidChange((board) => this.#changed.add(board ?? 'list')),
    );
    this.#lifetime.add(many.pending.onDidChange(() => this.#changed.add('list')));
    // A board that falls silent changes nothing that would cause a redraw.
    const look = setInterval(() => this.#changed.add('list'), LOOK_MS);
    this.#lifetime.add({ dispose: () => clearInterval(look) });
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
    const { fleet, many } = this.context;
    switch (message.kind) {
      case 'ready':
        this.#post({ kind: 'words', words: dashboardWords() });
        this.#send(['list']);
        return;
      case 'act':
        await callCommand(ACTIONS[message.action], message.ids[0], message.ids);
        return;
      case 'look':
        this.#looked = message.id;
        this.#period = message.period;
        this.#stored = undefined;
        this.#sendBoard();
        await this.#readSeries();
        return;
      case 'help': {
        const board = fleet.byId(message.id);
        const issue = board && many.healthOf(board).find((i) => i.mark === message.mark);
        const help = issue && helpFor(issue.mark);
        if (help) await vscode.commands.executeCommand(help.command, board);
        return;
      }
      case 'history':
        await callCommand('mpyFleet.showHistory', message.id);
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
      app: this.context.appVersions.of(board),
      known: fleet,
      latest,
      lastSeen: seen === 0 ? undefined : seen,
      issues: many.healthOf(board),
      waiting: uid === undefined ? 0 : many.pending.for(uid).length,
    });
  }

  /** Sends the details of the selected board. */
  #sendBoard(): void {
    const board = this.context.fleet.byId(this.#looked);
    if (!board) return;
    const zone = boardZone(board.links);
    this.#post({
      kind: 'board',
      id: board.id,
      issues: this.context.many.healthOf(board).map(({ mark, text }) => {
        const help = helpFor(mark)?.title;
        return { mark, text, ...(help === undefined ? {} : { help }) };
      }),
      series: this.#seriesOf(board),
      period: this.#period,
      facts: [
        ...factLines(board),
        ...board.links.map((l): [string, string] => [vscode.l10n.t('Link'), l.found.address.text]),
      ],
      ...(zone === undefined ? {} : { zone }),
      totals: {
        ...(board.info?.memory && { memoryFree: board.info.memory.total }),
        ...(board.info?.flash && { flashFree: board.info.flash.total }),
      },
    });
  }

  #seriesOf({ uid }: Board): BoardSeries {
    if (this.#period !== 'live') return this.#stored ?? {};
    return uid === undefined ? {} : seriesOf(this.context.many.telemetry.of(uid));
  }

  /** Charts from the history follow a moment later. */
  async #readSeries(): Promise<void> {
    const [looked, period] = [this.#looked, this.#period];
    const uid = this.context.fleet.byId(looked)?.uid;
    if (uid === undefined || period === 'live') return;
    const series = await storedSeries(this.context.history.store, uid, period, Date.now());
    if (looked !== this.#looked || period !== this.#period) return;
    this.#stored = series;
    this.#sendBoard();
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
