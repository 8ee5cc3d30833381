import { type Board, boardZone, type Fleet, presentAgent } from '../../core/board';
import * as vscode from 'vscode';
import {
  formatEntry,
  isWanted,
  keptRecords,
  type LogBatch,
  type LogEntry,
  type LogFilter,
  LogStore,
} from '../../core/agent';
import { followBrokers } from '../../core/broker/followBrokers';
import { asError } from '../../core/errors';
import { DisposableStore, type Disposable } from '../../core/events';
import type { Log } from '../../core/log';
import type { BrokerCenter } from '../broker';

/** Language id of the log, for which tracebacks become links. */
export const LOG_LANGUAGE = 'mpyfleet-log';

/**
 * Shows the logs of boards behind brokers, live, in one output channel with a filter. Subscribes on
 * first use.
 */
export class BoardLogs implements Disposable {
  readonly #store = new DisposableStore();
  readonly #logs = new LogStore();
  /**
   * New records of boards whose earlier records are still being fetched. They are shown after
   * those.
   */
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

  /** Shows the log of these boards or of all, including records that the boards have kept. */
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

  /** Returns the log as displayed. */
  text(): string {
    return this.#logs.entries
      .filter((e) => isWanted(e, this.#filter))
      .map((e) => this.#line(e))
      .join('');
  }

  /** Adds text from a board, such as its crash log, regardless of the filter. */
  append(board: Board, title: string, text: string): void {
    const channel = this.#start();
    const lines = text.trimEnd().split('\n');
    channel.append([`--- ${title} ---`, ...lines].map((l) => `${board.name} ${l}\n`).join(''));
    channel.show(true);
  }

  dispose(): void {
    this.#store.dispose();
    this.#channel?.dispose();
  }

  #start(): vscode.OutputChannel {
    if (this.#channel) return this.#channel;
    this.#channel = vscode.window.createOutputChannel(
      vscode.l10n.t('MicroPython Board Log'),
      LOG_LANGUAGE,
    );
    this.#store.add(
      followBrokers(this.services.brokers.hub, (broker) =>
        broker.onLog(({ uid, batch }) => {
          const held = this.#held.get(uid);
          if (held) held.push(batch);
          else this.#take(uid, batch);
        }),
      ),
    );
    return this.#channel;
  }

  /** Fetches the records kept by the board; those already received are not shown twice. */
  async #backlog(board: Board, signal?: AbortSignal): Promise<void> {
    const { hub } = this.services.brokers;
    const address = presentAgent(board);
    const agent = address && hub.agent(address.broker, address.uid);
    if (!agent || this.#held.has(address.uid)) return;
    const { uid } = address;
    const held: LogBatch[] = [];
    this.#held.set(uid, held);
    try {
      for await (const batch of keptRecords(agent, signal)) this.#take(uid, batch);
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
    const board = this.services.fleet.byUid(entry.uid);
    return formatEntry(entry, board?.name ?? entry.uid, board && boardZone(board.links));
  }
}
