import { setMaxListeners } from 'node:events';
import { type AgentControl, type AppRecord, type MessageBatch, startOf } from '../agent';
import { delay, Queue, systemClock, type Clock } from '../async';
import type { AppMessages, Broker, BrokerHub } from '../broker/broker';
import { followBrokers } from '../broker/followBrokers';
import { asError } from '../errors';
import { DisposableStore, Emitter, type Disposable } from '../events';
import type { Log } from '../log';
import { type MessageRow, type Store, StoreError } from '../store';

/** The part of the store that keeps messages. */
export type MessageStore = Pick<
  Store,
  'addMessages' | 'knownSource' | 'commands' | 'putCommand' | 'messages'
>;

/** An app's answer to a message. */
export interface AppReply {
  readonly uid: string;
  readonly record: Extract<AppRecord, { kind: 'reply' }>;
}

/**
 * Batches of one board that may wait for the store. Later ones stay on the board and are fetched
 * afterwards.
 */
const WAITING = 200;
/** Milliseconds before a call to the store is retried. A database server may be restarting. */
const STORE_AGAIN_MS = 1_000;
/**
 * Milliseconds by which the calculated start of a board may move. More means that its clock was
 * set.
 */
const CLOCK_SET_MS = 3_000;

interface Source {
  boot: string;
  /** Number of the next message. */
  next: number;
  /** When the board started, in milliseconds since 1970. */
  start: number;
  /** Number of the first message that the board could not deliver yet. */
  gap?: number;
}

/** Services of a collector. They default to the system's clocks. */
export interface CollectorOptions {
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  readonly clock?: Clock;
}

/**
 * Stores the messages that the apps of all boards send, each exactly once. If messages are missing
 * before one from the broker, it requests them from the board. Stops when it is disposed.
 */
export class MessageCollector implements Disposable {
  readonly #lifetime = new DisposableStore();
  readonly #stored = this.#lifetime.add(new Emitter<readonly MessageRow[]>());
  readonly #replies = this.#lifetime.add(new Emitter<AppReply>());
  /** Fired when new messages have been stored. */
  readonly onDidStore = this.#stored.event;
  readonly onReply = this.#replies.event;
  readonly #sources = new Map<string, Source>();
  readonly #turns = new Map<string, Queue>();
  readonly #ended = new AbortController();
  readonly #now: () => number;
  readonly #clock: Clock;

  /** @param hub the brokers to listen to. Undefined: only {@link fetch} brings messages */
  constructor(
    private readonly hub: Pick<BrokerHub, 'all' | 'onDidChange' | 'agent'> | undefined,
    private readonly store: MessageStore,
    private readonly log: Log,
    { now = Date.now, clock = systemClock }: CollectorOptions = {},
  ) {
    this.#now = now;
    this.#clock = clock;
    // The queue of every board may be waiting for the store.
    setMaxListeners(0, this.#ended.signal);
    if (!hub) return;
    this.#lifetime.add(
      followBrokers(hub, (broker) => broker.onAppMessages((m) => this.#came(broker, m))),
    );
  }

  /**
   * Fetches the remaining messages of a board. Resolves when they are stored.
   * @throws the error of the request
   */
  async fetch(uid: string, control: AgentControl, signal?: AbortSignal): Promise<void> {
    await this.#inTurn(uid, () => this.#fetchFrom(uid, control, undefined, signal));
  }

  /** Resolves when every message received so far is stored. */
  async idle(): Promise<void> {
    await Promise.all([...this.#turns.values()].map((turns) => turns.run(() => Promise.resolve())));
  }

  dispose(): void {
    this.#ended.abort();
    this.#lifetime.dispose();
  }

  #came(broker: Broker, { uid, batch }: AppMessages): void {
    const at = this.#now();
    this.#inTurn(uid, async () => {
      const source = await this.#sourceOf(uid, batch, at);
      const control = this.hub?.agent(broker.profile.id, uid);
      if (control && (batch.first > source.next || source.gap !== undefined)) {
        const from = source.gap ?? source.next;
        try {
          await this.#fetchFrom(uid, control, batch.boot);
        } catch (error) {
          // The messages that arrived are kept. The next batch requests the gap again.
          source.gap = from;
          this.log.debug(`${uid}: messages before ${batch.first}: ${asError(error).message}`);
        }
      }
      await this.#keep(uid, batch, at);
    }).catch((error: unknown) => this.log.warn(`${uid}: ${asError(error).message}`));
  }

  /**
   * Fetches all messages after the last stored one, or all since the board's start if that is
   * unknown.
   */
  async #fetchFrom(
    uid: string,
    control: AgentControl,
    boot: string | undefined,
    signal?: AbortSignal,
  ): Promise<void> {
    const known = this.#sources.get(uid);
    let from = boot === undefined ? 1 : (known?.gap ?? known?.next ?? 1);
    for (;;) {
      const batch = await control.messagesFrom(from, signal);
      if (batch.records.length === 0) {
        const source = this.#sources.get(uid);
        if (source?.boot === batch.boot) delete source.gap;
        return;
      }
      await this.#sourceOf(uid, batch, this.#now());
      await this.#keep(uid, batch, this.#now());
      from = batch.first + batch.records.length;
    }
  }

  async #sourceOf(uid: string, batch: MessageBatch, at: number): Promise<Source> {
    let source = this.#sources.get(uid);
    if (source?.boot !== batch.boot) {
      const known = await this.#untilStored(() => this.store.knownSource(uid, batch.boot));
      // The board's clock counts whole seconds, so a second estimate of its start would change the
      // order of messages.
      const start = known.start ?? startOf(batch, at);
      source = { boot: batch.boot, next: known.last + 1, start };
      this.#sources.set(uid, source);
    }
    const start = startOf(batch, at);
    if (Math.abs(start - source.start) > CLOCK_SET_MS) source.start = start;
    return source;
  }

  async #keep(uid: string, batch: MessageBatch, at: number): Promise<void> {
    const source = await this.#sourceOf(uid, batch, at);
    const { boot, app, dropped, records } = batch;
    const rows = records.flatMap((r) =>
      r.kind === 'data'
        ? [{ uid, boot, seq: r.seq, at: source.start + r.ms, app, data: JSON.stringify(r.data) }]
        : [],
    );
    const isNew = rows.filter((row) => row.seq >= source.next);
    await this.#untilStored(() =>
      this.store.addMessages(rows, [{ uid, boot, dropped, start: source.start }]),
    );
    for (const record of records) {
      if (record.kind === 'reply') this.#replies.fire({ uid, record });
    }
    source.next = Math.max(source.next, batch.first + records.length);
    if (isNew.length > 0) this.#stored.fire(isNew);
  }

  /**
   * Retries a call to the store until it succeeds, because the broker does not deliver a message
   * twice.
   */
  async #untilStored<T>(call: () => Promise<T>): Promise<T> {
    for (let isFirst = true; ; isFirst = false) {
      try {
        return await call();
      } catch (error) {
        if (!(error instanceof StoreError) || this.#ended.signal.aborted) throw error;
        if (isFirst) this.log.warn(`${error.message}; trying again`);
      }
      await delay(this.#clock, STORE_AGAIN_MS, this.#ended.signal);
    }
  }

  /**
   * Handles the batches of one board in order, so that a gap is filled before later messages are
   * stored.
   */
  async #inTurn(uid: string, work: () => Promise<void>): Promise<void> {
    const turns = this.#turns.get(uid) ?? new Queue();
    this.#turns.set(uid, turns);
    if (turns.length < WAITING) await turns.run(work);
  }
}
