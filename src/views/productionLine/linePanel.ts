import * as vscode from 'vscode';
import { DisposableStore, Emitter } from '../../core/events';
import { Coalescer } from '../coalesce';
import type { Needs } from '../context';
import { showError } from '../showError';
import { pageHtml, pageRoots } from '../webviewHtml';
import { readMessage, type FromLine, type LineRow, type LineState, type ToLine } from './messages';
import { lineBody, lineWords } from './page';

const TYPE = 'mpyFleet.productionLine';
/** Shortest time between two redraws in milliseconds. Eight boards report progress at once. */
const REDRAW_MS = 100;
/** Maximum number of boards on the page. The list of the line contains all of them. */
const MOST_ROWS = 500;

/** The page of a production line: one row per board, green or red, the newest first. */
export class LinePanel implements vscode.Disposable {
  readonly #lifetime = new DisposableStore();
  readonly #asked = this.#lifetime.add(new Emitter<Exclude<FromLine['kind'], 'ready'>>());
  /** A button of the page was pressed. */
  readonly onDidAsk = this.#asked.event;
  readonly #closed = new Emitter<void>();
  readonly onDidClose = this.#closed.event;
  readonly #redraw = this.#lifetime.add(new Coalescer<true>(REDRAW_MS, () => this.#send()));
  readonly #panel: vscode.WebviewPanel;
  #rows: readonly LineRow[] = [];
  #state: LineState = 'stopped';
  #says = '';
  /** Boards that are being set up are finished even after the user has closed the page. */
  #isOpen = true;

  /** @param template its name, for the title */
  constructor(
    private readonly context: Needs<'extension' | 'log'>,
    private readonly template: string,
  ) {
    const { extensionUri } = context.extension;
    const title = vscode.l10n.t('Production Line');
    this.#panel = vscode.window.createWebviewPanel(TYPE, title, vscode.ViewColumn.Active, {
      enableScripts: true,
      localResourceRoots: pageRoots(extensionUri),
      retainContextWhenHidden: true,
    });
    this.#panel.iconPath = vscode.Uri.joinPath(extensionUri, 'media', 'icon.png');
    const { webview } = this.#panel;
    this.#lifetime.add(
      webview.onDidReceiveMessage((message: unknown) => {
        const known = readMessage(message);
        if (known?.kind === 'ready') this.#begin();
        else if (known) this.#asked.fire(known.kind);
      }),
    );
    this.#panel.onDidDispose(() => {
      this.#isOpen = false;
      this.#lifetime.dispose();
      this.#closed.fire();
    });
    webview.html = pageHtml(webview, extensionUri, {
      name: 'productionLine',
      title,
      body: lineBody,
    });
  }

  /** Adds a row, or replaces the one with the same id. */
  show(row: LineRow): void {
    const others = this.#rows.filter(({ id }) => id !== row.id);
    this.#rows = [row, ...others].sort((a, b) => b.id - a.id).slice(0, MOST_ROWS);
    this.#redraw.add(true);
  }

  say(state: LineState, says: string): void {
    this.#state = state;
    this.#says = says;
    this.#redraw.add(true);
  }

  reveal(): void {
    this.#panel.reveal();
  }

  dispose(): void {
    this.#panel.dispose();
  }

  #begin(): void {
    this.#post({ kind: 'words', words: lineWords(this.template) });
    this.#send();
  }

  #send(): void {
    this.#post({ kind: 'state', state: this.#state, says: this.#says, rows: this.#rows });
  }

  #post(message: ToLine): void {
    if (!this.#isOpen) return;
    this.#panel.webview
      .postMessage(message)
      .then(undefined, (error: unknown) => showError(this.context, error));
  }
}
