import * as vscode from 'vscode';
import {
  formatEntry,
  isWanted,
  LogStore,
  type LogEntry,
  type LogFilter,
} from '../../core/agent/agentLogs';
import type { LogBatch } from '../../core/agent/agentProtocolLog';
import type { Board } from '../../core/board/board';
import type { Broker } from '../../core/broker/brokers';
import { asError } from '../../core/errors';
import { DisposableStore, type Disposable } from '../../core/events';
import type { Fleet } from '../../core/board/fleet';
import type { Log } from '../../core/log';
import type { BrokerCenter } from '../broker/brokerCenter';

/** Language of the log's document: its tracebacks have links. */
export const LOG_LANGUAGE = 'mpyfleet-log';
/** Answers to LOGGET taken for what happened before: a ring on a board holds a few kilobytes. */
const BACKLOG_BATCHES = 64;

/** The logs of boards behind brokers, live, in one output channel with a filter. Listens once it was asked for. */
export class BoardLogs implements Disposable {
  readonly #store = new DisposableStore();
  readonly #logs = new LogStore();
  readonly #listening = new Map<Broker, Disposable>();
  /** What comes from boards whose earlier records are being fetched: it has to wait for those. */
  readonly #held = new Map<string, LogBatch[]>();
  #channel: vscode.OutputChannel | undefined;
  #filter: LogFilter = {};

  constructor(private readonly services: { brokers: BrokerCenter; fleet: Fleet; log: Log }) {}

  get filter(): LogFilter {
    return this.#filter;
  }

  get logs(): LogStore {
    return this.#logs;
  }

  /** Shows the log, of these boards or of all, and what they have kept from before. */
  async show(boards: readonly Board[], signal?: AbortSignal): Promise<void> {
    const uids = boards.flatMap((b) => b.uid ?? []);
    const channel = this.#start();
    channel.show(true);
    this.setFilter({ ...this.#filter, uids: uids.length > 0 ? new Set(uids) : undefined });
    await Promise.all(boards.map((board) => this.#backlog(board, signal)));
  }

  setFilter(filter: LogFilter): void {
    this.#filter = filter;
    this.#channel?.replace(this.text());
  }

  clear(): void {
    this.#logs.clear();
    this.#channel?.clear();
  }

  /** The log as it is shown. */
  text(): string {
    return this.#logs.entries
      .filter((e) => isWanted(e, this.#filter))
      .map((e) => this.#line(e))
      .join('');
  }

  /** Adds a text of a board's, such as its crash log, whatever the filter. */
  append(board: Board, title: string, text: string): void {
    const channel = this.#start();
    const lines = text.trimEnd().split('\n');
    channel.append([`--- ${title} ---`, ...lines].map((l) => `${board.name} ${l}\n`).join(''));
    channel.show(true);
  }

  dispose(): void {
    this.#store.dispose();
    for (const subscription of this.#listening.values()) subscription.dispose();
    this.#channel?.dispose();
  }

  #start(): vscode.OutputChannel {
    if (this.#channel) return this.#channel;
    this.#channel = vscode.window.createOutputChannel(
      vscode.l10n.t('MicroPython Board Log'),
      LOG_LANGUAGE,
    );
    this.#store.add(this.services.brokers.onDidChange(() => this.#follow()));
    this.#follow();
    return this.#channel;
  }

  #follow(): void {
    const { hub } = this.services.brokers;
    for (const [broker, subscription] of this.#listening) {
      if (hub.all.includes(broker)) continue;
      subscription.dispose();
      this.#listening.delete(broker);
    }
    for (const broker of hub.all) {
      if (this.#listening.has(broker)) continue;
      this.#listening.set(
        broker,
        broker.onLog(({ uid, batch }) => {
          const held = this.#held.get(uid);
          if (held) held.push(batch);
          else this.#take(uid, batch);
        }),
      );
    }
  }

  /** What the board has kept; what has come already is not shown twice. */
  async #backlog(board: Board, signal?: AbortSignal): Promise<void> {
    const { hub } = this.services.brokers;
    const link = board.links.find((l) => l.present && l.found.address.kind === 'mqtt');
    const [id = '', uid = ''] = link?.found.address.rest.split('/') ?? [];
    const agent = hub.agent(id, uid);
    if (!agent || this.#held.has(uid)) return;
    const held: LogBatch[] = [];
    this.#held.set(uid, held);
    try {
      let from = 0;
      for (let i = 0; i < BACKLOG_BATCHES; i++) {
        const batch = await agent.logFrom(from, signal);
        if (batch.records.length === 0) return;
        this.#take(uid, batch);
        from = batch.first + batch.records.length;
      }
    } catch (error) {
      this.services.log.warn(`${board.name}: its log: ${asError(error).message}`);
    } finally {
      this.#held.delete(uid);
      for (const batch of held) this.#take(uid, batch);
    }
  }

  #take(uid: string, batch: LogBatch): void {
    const added = this.#logs.add(uid, batch).filter((e) => isWanted(e, this.#filter));
    if (added.length > 0) this.#channel?.append(added.map((e) => this.#line(e)).join(''));
  }

  #line(entry: LogEntry): string {
    return formatEntry(entry, this.services.fleet.byUid(entry.uid)?.name ?? entry.uid);
  }
}
