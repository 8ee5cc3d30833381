import * as vscode from 'vscode';
import { messageJson, messagesCsv } from '../../core/apps';
import { systemClock } from '../../core/async';
import { asError } from '../../core/errors';
import { DisposableStore } from '../../core/events';
import { type Period, rangeOf } from '../../core/period';
import type { MessageQuery, MessageRow } from '../../core/store';
import type { Needs } from '../context';
import { periodMarkup, periodWords } from '../periodMarkup';
import { pageHtml, pageRoots } from '../webviewHtml';
import {
  messagesBody,
  OPEN_SOURCE,
  readMessage,
  type PageData,
  type ToMessages,
} from './messagesPage';

/** Maximum number of messages shown, newest first. */
const SHOWN = 1_000;
/** Number of messages to apps that are shown, newest first. */
const SENT = 20;
/** Milliseconds during which new messages are collected before the panel is updated. */
const REDRAW_MS = 500;

/** The markup of the page before its script has filled it. */
const emptyBody = `
<header>
  <h1 id="title"></h1>
  <div id="range" class="toolbar" role="group" aria-controls="page">${periodMarkup}</div>
</header>
<main id="page"></main>`;

export interface MessageFilter {
  /** Search text for the board's name or the message. */
  readonly text: string;
  readonly period: Period;
}

/** The panel "Messages": messages of apps as charts and a table, updated while it is open. */
export class MessagesPanel implements vscode.Disposable {
  #panel: vscode.WebviewPanel | undefined;
  #filter: MessageFilter = { text: '', period: { name: 'all' } };
  #timer: { dispose(): void } | undefined;
  readonly #lifetime = new DisposableStore();

  constructor(private readonly context: Needs<'extension' | 'log' | 'fleet' | 'apps'>) {
    this.#lifetime.add(context.apps.messages.onDidStore(() => this.#soon()));
    this.#lifetime.add(context.apps.onDidChangeSent(() => this.#soon()));
  }

  get filter(): MessageFilter {
    return this.#filter;
  }

  async show(): Promise<void> {
    if (!this.#panel) {
      const { extensionUri } = this.context.extension;
      const panel = vscode.window.createWebviewPanel(
        'mpyFleet.messages',
        vscode.l10n.t('Messages'),
        vscode.ViewColumn.Active,
        {
          enableScripts: true,
          localResourceRoots: pageRoots(extensionUri),
          enableCommandUris: [
            ...['mpyFleet.filterMessages', 'mpyFleet.exportMessages', 'mpyFleet.sendAppMessage'],
            OPEN_SOURCE,
          ],
        },
      );
      this.#panel = panel;
      panel.onDidDispose(() => (this.#panel = undefined));
      panel.webview.onDidReceiveMessage((message: unknown) => {
        const known = readMessage(message);
        if (known?.kind === 'period') this.#filter = { ...this.#filter, period: known.period };
        if (known) this.#drawn(); // also when its tab is shown again
      });
      panel.webview.html = pageHtml(panel.webview, extensionUri, {
        name: 'messages',
        title: vscode.l10n.t('Messages'),
        body: emptyBody,
      });
    } else this.#panel.reveal();
    await this.#draw();
  }

  /** Shows only messages in which this text, or the name of whose board, occurs. */
  async setText(text: string): Promise<void> {
    this.#filter = { ...this.#filter, text };
    await this.show();
  }

  /** Returns the messages of the filter and its period as the content of a file, the oldest first. */
  async content(format: 'csv' | 'json'): Promise<string> {
    const query = this.#query();
    const rows: MessageRow[] = [];
    for (let after: number | undefined = 0; after !== undefined;) {
      const page = await this.context.apps.store.messages({ ...query, after, limit: SHOWN });
      rows.push(...page.rows);
      after = page.next;
    }
    if (format === 'csv') return messagesCsv(rows, this.#nameOf);
    const all = rows.map((row) => messageJson(row, this.#nameOf(row.uid)));
    return `${JSON.stringify(all, undefined, 2)}\n`;
  }

  dispose(): void {
    this.#timer?.dispose();
    this.#lifetime.dispose();
    this.#panel?.dispose();
  }

  #soon(): void {
    if (!this.#panel?.visible) return;
    this.#timer ??= systemClock.after(REDRAW_MS, () => {
      this.#timer = undefined;
      this.#drawn();
    });
  }

  #drawn(): void {
    this.#draw().catch((error: unknown) => this.context.log.warn(asError(error).message));
  }

  async #read(): Promise<PageData> {
    const { store } = this.context.apps;
    const page = await store.messages({ ...this.#query(), limit: SHOWN, latest: true });
    return { ...page, sent: await store.commands({ limit: SENT }) };
  }

  #query(): Pick<MessageQuery, 'from' | 'to' | 'uids' | 'text'> {
    const { text, period } = this.#filter;
    const uids = this.context.fleet.boards.flatMap((b) =>
      b.uid !== undefined && text !== '' && b.name.toLowerCase().includes(text.toLowerCase())
        ? [b.uid]
        : [],
    );
    return {
      ...rangeOf(period, Date.now()),
      ...(uids.length > 0 ? { uids } : text === '' ? {} : { text }),
    };
  }

  readonly #nameOf = (uid: string): string =>
    this.context.fleet.boards.find((b) => b.uid === uid)?.name ?? uid;

  async #draw(): Promise<void> {
    const page = await this.#read();
    const panel = this.#panel;
    if (!panel) return;
    const { text: filter, period } = this.#filter;
    const body = messagesBody(page, this.#nameOf, {
      title: vscode.l10n.t('Messages'),
      none:
        filter === '' && period.name === 'all'
          ? vscode.l10n.t(
              'No messages yet. Deploy an app to boards behind a broker; what it sends appears here.',
            )
          : vscode.l10n.t('Nothing was found. Try a longer period or fewer filters.'),
      count:
        page.rows.length === 1
          ? vscode.l10n.t('1 message')
          : vscode.l10n.t('{0} messages', page.rows.length),
      dropped: vscode.l10n.t(
        '{0} more were dropped by boards that could not send them',
        page.dropped,
      ),
      filter: filter === '' ? vscode.l10n.t('Filter…') : vscode.l10n.t('Filter: {0}', filter),
      export: vscode.l10n.t('Export…'),
      send: vscode.l10n.t('Send a Message…'),
      sent: vscode.l10n.t('Sent to apps'),
      sentColumns: [
        vscode.l10n.t('Time'),
        vscode.l10n.t('Board'),
        vscode.l10n.t('Message'),
        vscode.l10n.t('State'),
        vscode.l10n.t('Answer'),
      ],
      states: {
        queued: vscode.l10n.t('queued'),
        sent: vscode.l10n.t('sent'),
        delivered: vscode.l10n.t('delivered'),
        done: vscode.l10n.t('done'),
        failed: vscode.l10n.t('failed'),
        expired: vscode.l10n.t('expired'),
      },
      columns: [vscode.l10n.t('Time'), vscode.l10n.t('Board'), vscode.l10n.t('Data')],
      axes: {
        seconds: vscode.l10n.t('Seconds before the newest message'),
        minutes: vscode.l10n.t('Minutes before the newest message'),
        hours: vscode.l10n.t('Hours before the newest message'),
        days: vscode.l10n.t('Days before the newest message'),
      },
    });
    const words = {
      ...periodWords(),
      title: vscode.l10n.t('Messages'),
      range: vscode.l10n.t('Period of the messages'),
    };
    const message: ToMessages = { body, words, period };
    await panel.webview.postMessage(message);
  }
}
