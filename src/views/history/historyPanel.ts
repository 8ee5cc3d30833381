import * as vscode from 'vscode';
import { CancelledError } from '../../core/errors';
import { DisposableStore } from '../../core/events';
import { sortByName } from '../../core/many';
import {
  historyToCsv,
  historyToJson,
  Timeline,
  type HistoryQuery,
  type HistoryRow,
} from '../../core/store';
import type { Needs } from '../context';
import { tellBriefly } from '../message';
import { saveFile } from '../saveFile';
import { showError } from '../showError';
import { showPage } from '../webviewHtml';
import { lineOf } from './lines';
import { readMessage, type Find, type FromHistory, type ToHistory } from './messages';
import { historyBody, historyWords } from './page';

/** Number of entries shown at first, and added by each "Show More". */
const PAGE = 200;
/** Limit of entries in an export. */
const MOST_EXPORTED = 200_000;

/** The history: operations and events of boards in one table, with search, period and export. */
export class HistoryPanel implements vscode.Disposable {
  readonly #lifetime = new DisposableStore();
  #query: HistoryQuery | undefined;
  #timeline: Timeline | undefined;
  #shown = 0;

  constructor(
    private readonly context: Needs<'extension' | 'log' | 'fleet' | 'known' | 'history'>,
    private readonly panel: vscode.WebviewPanel,
    /** The board to show first; '' for all. */
    private uid: string,
  ) {
    this.#lifetime.add(panel.onDidDispose(() => this.#lifetime.dispose()));
    const page = {
      name: 'history',
      title: vscode.l10n.t('MicroPython History'),
      body: historyBody,
    };
    this.#lifetime.add(
      showPage(panel.webview, context.extension.extensionUri, page, {
        read: readMessage,
        take: (message) => {
          this.#take(message).catch((error: unknown) => this.#failed(error));
        },
      }),
    );
  }

  /** Shows another board's entries. */
  choose(uid: string): void {
    this.uid = uid;
    this.#sendWords();
  }

  dispose(): void {
    this.panel.dispose();
  }

  async #take(message: FromHistory): Promise<void> {
    switch (message.kind) {
      case 'ready':
        this.#sendWords();
        return;
      case 'find':
        this.#query = queryOf(message.find);
        this.#timeline = new Timeline(this.context.history.store, this.#query);
        this.#shown = 0;
        await this.#sendLines();
        return;
      case 'more':
        await this.#sendLines();
        return;
      case 'export':
        await this.#export();
        return;
    }
  }

  #sendWords(): void {
    const boards = sortByName(this.context.fleet.boards).flatMap(({ uid, name }) =>
      uid === undefined ? [] : [{ uid, name }],
    );
    this.#post({ kind: 'words', words: historyWords(), boards, uid: this.uid });
  }

  async #sendLines(): Promise<void> {
    const timeline = this.#timeline;
    const rows = (await timeline?.next(PAGE)) ?? [];
    if (timeline !== this.#timeline) return; // another search has begun
    const first = this.#shown === 0;
    const lines = rows.map((row) => lineOf(row, (uid) => this.#nameOf(uid)));
    this.#shown += rows.length;
    this.#post({ kind: 'lines', first, more: rows.length === PAGE, lines });
  }

  async #export(): Promise<void> {
    const query = this.#query;
    if (!query) return;
    const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
    const uri = await vscode.window.showSaveDialog({
      ...(folder ? { defaultUri: vscode.Uri.joinPath(folder, 'history.csv') } : {}),
      filters: { CSV: ['csv'], JSON: ['json'] },
      title: vscode.l10n.t('Export the history as it is filtered'),
      saveLabel: vscode.l10n.t('Export'),
    });
    if (!uri) return;
    const rows = await readAll(new Timeline(this.context.history.store, query));
    const text = /\.json$/i.test(uri.path)
      ? historyToJson(rows)
      : historyToCsv(rows, (id) => this.#nameOf(id));
    await saveFile(uri, text);
    tellBriefly(
      rows.length === 1
        ? vscode.l10n.t('1 entry exported')
        : vscode.l10n.t('{0} entries exported', rows.length),
      'check',
    );
  }

  #nameOf(uid: string): string {
    return this.context.fleet.byUid(uid)?.name ?? this.context.known.get(uid)?.name ?? uid;
  }

  #post(message: ToHistory): void {
    this.panel.webview
      .postMessage(message)
      .then(undefined, (error: unknown) => this.#failed(error));
  }

  #failed(error: unknown): void {
    if (!(error instanceof CancelledError)) showError(this.context, error);
  }
}

function queryOf({ type, uid, text, status, from, to }: Find): HistoryQuery {
  return {
    type,
    ...(uid === '' ? {} : { uid }),
    ...(text.trim() === '' ? {} : { text: text.trim() }),
    ...(status === '' ? {} : { status }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
  };
}

async function readAll(timeline: Timeline): Promise<HistoryRow[]> {
  const rows: HistoryRow[] = [];
  for (;;) {
    const more = await timeline.next(1000);
    rows.push(...more);
    if (more.length < 1000 || rows.length >= MOST_EXPORTED) return rows;
  }
}
