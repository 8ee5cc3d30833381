import { LEVELS, type LogLevel, LogSequences, withAgentNames } from '../agent';
import type { BoardLog, BoardMessage, BrokerHub, Presence } from '../broker/broker';
import { followBrokers } from '../broker/followBrokers';
import { DisposableStore, type Disposable } from '../events';
import { valuesFromAgent } from '../many';
import type { Store } from './store';

/**
 * Maximum rows per board and minute. A faulty or forged board must not displace the rows of others.
 */
const MINUTE_ROWS = 300;
const MINUTE_MS = 60_000;
/** Number of boards whose presence and rate are remembered. */
const BOARDS = 5_000;

/** What to record. */
export interface RecordOptions {
  /**
   * Returns the lowest log level to store. `O` also stores printed output, undefined stores
   * nothing. Called for each batch.
   */
  readonly level: () => LogLevel | undefined;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

/**
 * Stores what the boards of all brokers report: telemetry, events, crashes, starts, absences and log lines. Ends when the result
 * is disposed.
 */
export function recordBoards(
  hub: Pick<BrokerHub, 'all' | 'onDidChange'>,
  store: Pick<Store, 'addEvent' | 'addTelemetry'>,
  options: RecordOptions,
): Disposable {
  const recorder = new Recorder(store, options);
  return followBrokers(hub, (broker) => {
    const subscriptions = new DisposableStore();
    subscriptions.add(broker.onMessage((message) => recorder.message(message)));
    subscriptions.add(broker.onPresence((presence) => recorder.presence(presence)));
    if (options.level() !== undefined) {
      subscriptions.add(broker.onLog((log) => recorder.log(log)));
    }
    return subscriptions;
  });
}

class Recorder {
  readonly #now: () => number;
  readonly #sequences: LogSequences;
  /** The latest start of each board, prefixed with `-` while the board is away. */
  readonly #last = new Map<string, string>();
  #minute = 0;
  readonly #rows = new Map<string, number>();

  constructor(
    private readonly store: Pick<Store, 'addEvent' | 'addTelemetry'>,
    private readonly options: RecordOptions,
  ) {
    this.#now = options.now ?? Date.now;
    this.#sequences = new LogSequences(this.#now);
  }

  message({ uid, topic, data }: BoardMessage): void {
    const at = this.#now();
    if (topic === 'tm') {
      if (this.#mayAdd(uid)) this.store.addTelemetry({ uid, at, values: valuesFromAgent(data) });
    } else if (topic === 'ev') this.#event(uid, data, at);
  }

  presence({ uid, state }: Presence): void {
    const now = state.on ? state.boot : `-${state.boot}`;
    const before = this.#last.get(uid);
    if (before === now) return;
    remember(this.#last, uid, now);
    // A board on batteries connects and leaves every few minutes. Its messages tell when it was
    // awake.
    if (state.on ? state.reset === 'deepsleep' && before !== `-${state.boot}` : state.sleep) return;
    const at = this.#now();
    // Other windows receive it within moments, so the minute is a part of the key.
    const minute = Math.floor(at / MINUTE_MS);
    if (!state.on) {
      this.#add(uid, at, 'away', state.why || 'connection lost', `${state.boot}.away.${minute}`);
    } else if (before === `-${state.boot}`) {
      this.#add(uid, at, 'back', '', `${state.boot}.back.${minute}`);
    } else {
      const words = [state.reset, ...(state.safe ? [`safe mode: ${state.why}`] : [])];
      this.#add(uid, at, 'start', words.filter(Boolean).join(', '), `${state.boot}.start`);
    }
  }

  log({ uid, batch }: BoardLog): void {
    const level = this.options.level();
    if (level === undefined) return;
    for (const entry of this.#sequences.take(uid, batch)) {
      if (entry.kind !== 'record') continue;
      const { record, at } = entry;
      if (!isKept(record.level, level)) continue;
      const text = record.logger === '' ? record.text : `${record.logger}: ${record.text}`;
      this.#add(uid, at, `log:${record.level}`, text, `${batch.boot}.log.${record.seq}`);
    }
  }

  #event(uid: string, data: Readonly<Record<string, unknown>>, at: number): void {
    const kind = word(data.ev);
    const boot = word(data.boot);
    if (kind === '') return;
    if (kind === 'crash') {
      const text = typeof data.tb === 'string' ? withAgentNames(data.tb.trimEnd()) : '';
      const key = `${word(data.boot0)}.crash.${String(Number(data.t) || 0)}`;
      this.#add(uid, at, kind, text, key);
    } else if (kind === 'task') {
      const restarts = Number(data.n) || 0;
      const text = `${word(data.name)}: ${word(data.x)} (${restarts})`;
      this.#add(uid, at, kind, text, `${boot}.task.${word(data.name)}.${restarts}`);
    } else if (kind === 'module') {
      const name = word(data.name);
      this.#add(
        uid,
        at,
        kind,
        `${name}: ${word(data.x)}`,
        `${boot}.module.${name}.${word(data.x)}`,
      );
    } else {
      this.#add(uid, at, kind, word(data.state), `${boot}.${kind}.${word(data.state)}`);
    }
  }

  #add(uid: string, at: number, kind: string, text: string, key: string): void {
    if (this.#mayAdd(uid)) this.store.addEvent({ uid, at, kind, text, key });
  }

  /**
   * Counts the rows of a board. The first row over the limit is replaced by one that reports it.
   */
  #mayAdd(uid: string): boolean {
    const at = this.#now();
    const minute = Math.floor(at / MINUTE_MS);
    if (minute !== this.#minute) {
      this.#minute = minute;
      this.#rows.clear();
    }
    const rows = (this.#rows.get(uid) ?? 0) + 1;
    remember(this.#rows, uid, rows);
    if (rows === MINUTE_ROWS + 1) {
      const text = `more than ${MINUTE_ROWS} rows in a minute; the rest of this minute is left out`;
      this.store.addEvent({ uid, at, kind: 'flood', text, key: `flood.${minute}` });
    }
    return rows <= MINUTE_ROWS;
  }
}

/** Returns whether a record is stored. Printed output has no level and is stored only with `O`. */
function isKept(level: LogLevel, least: LogLevel): boolean {
  if (least === 'O') return true;
  return level !== 'O' && LEVELS.indexOf(level) >= LEVELS.indexOf(least);
}

function word(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, 200) : '';
}

function remember<T>(map: Map<string, T>, uid: string, value: T): void {
  map.delete(uid);
  map.set(uid, value);
  if (map.size <= BOARDS) return;
  const [oldest] = map.keys();
  if (oldest !== undefined) map.delete(oldest);
}
