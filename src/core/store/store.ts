import { Queue, systemClock, type Clock } from '../async';
import { Emitter, type Event } from '../events';
import type {
  CommandQuery,
  CommandRow,
  KnownSource,
  MessagePage,
  MessageQuery,
  MessageRow,
  SourceRow,
} from './appMessages';
import type {
  AuditEntry,
  EventEntry,
  Limits,
  Page,
  SearchQuery,
  SeriesPoint,
  SeriesQuery,
  StoreSize,
  TelemetryEntry,
} from './model';
import { Combined } from './combined';
import type { StoreCalls } from './messages';
import type { StoreError } from './storeError';
import { StoreThread, type ThreadOptions } from './storeThread';

/** Where the store is, and its limits. */
export interface StoreOptions extends ThreadOptions {
  /** Called each time, because settings change. */
  readonly limits: () => Limits;
  readonly clock?: Clock;
}

/**
 * Milliseconds that rows wait for others, so that the messages of a fleet take a few transactions a
 * minute.
 */
const FLUSH_MS = 2_000;
/** The same for operations of the user. */
const FLUSH_AUDIT_MS = 200;
/** Number of rows from which they are written at once. */
const FLUSH_ROWS = 1_000;
/** Milliseconds between two transactions with messages of apps. */
const GATHER_MS = 50;
/** Maximum number of rows that wait for an unreachable server. More are dropped. */
const WAITING_ROWS = 20_000;
/** Number of batches between two checks of size and age. */
const PRUNE_EVERY = 200;

interface Rows {
  telemetry: TelemetryEntry[];
  events: EventEntry[];
  audit: AuditEntry[];
}

/**
 * Keeps telemetry, events and the audit of all operations in an SQLite file that outlives the
 * window. The first row or question starts the thread and opens the file. Several windows and
 * command lines may share one file.
 */
export class Store {
  #rows: Rows = emptyRows();
  #timer: { dispose(): void } | undefined;
  #batches = 0;
  #writing: Promise<void> = Promise.resolve();
  readonly #addMessages: Combined<StoreCalls['addMessages'], undefined>;
  readonly #knownSource: Combined<StoreCalls['knownSources'][number], KnownSource>;
  readonly #failed = new Emitter<StoreError>();
  /** Rows could not be written. */
  readonly onDidFail = this.#failed.event;
  /**
   * Changes of place run one after the other. A later one must not stop the thread of calls made
   * after it.
   */
  readonly #reopening = new Queue();
  readonly #thread: StoreThread;
  /** Fires with a message for the user when a damaged file was set aside. */
  readonly onNotice: Event<string>;
  readonly #clock: Clock;
  /** Writing the last rows failed, and that was reported. */
  #isFailing = false;

  constructor(private readonly options: StoreOptions) {
    this.#clock = options.clock ?? systemClock;
    this.#thread = new StoreThread(options);
    this.onNotice = this.#thread.onNotice;
    const limits = { clock: this.#clock, pauseMs: GATHER_MS, most: FLUSH_ROWS };
    this.#addMessages = new Combined(
      async (asked) => {
        await this.#thread.call('addMessages', addedAll(asked));
        return asked.map(() => undefined);
      },
      { ...limits, sizeOf: ({ rows }) => rows.length },
    );
    // A thousand connecting boards ask a thousand questions. One transaction each took 15 s.
    this.#knownSource = new Combined(
      async (asked) => (await this.#thread.call('knownSources', asked)) as KnownSource[],
      { ...limits, pauseMs: 0, sizeOf: () => 1 },
    );
  }

  /** Returns whether something has been read or written, which opens the store. */
  get isOpen(): boolean {
    return this.#thread.isStarted;
  }

  /** Adds a measurement. It is written within {@link FLUSH_MS}. */
  addTelemetry(entry: TelemetryEntry): void {
    this.#rows.telemetry.push(entry);
    this.#added();
  }

  /** Adds an event. It is written within {@link FLUSH_MS}. */
  addEvent(entry: EventEntry): void {
    this.#rows.events.push(entry);
    this.#added();
  }

  /**
   * Adds an operation. It is written within moments, because a window may be closed after its last
   * operation.
   */
  addAudit(entry: AuditEntry): void {
    this.#rows.audit.push(entry);
    this.#added(FLUSH_AUDIT_MS);
  }

  /** Answers a {@link SeriesQuery}. Writes waiting rows first. @throws StoreError */
  async series(query: SeriesQuery): Promise<readonly SeriesPoint[]> {
    await this.flush();
    return (await this.#thread.call('series', query)) as SeriesPoint[];
  }

  /** Returns events, newest first. @throws StoreError */
  async events(query: SearchQuery): Promise<Page<EventEntry>> {
    await this.flush();
    return (await this.#thread.call('events', query)) as Page<EventEntry>;
  }

  /** Returns operations, newest first. @throws StoreError */
  async audit(query: SearchQuery): Promise<Page<AuditEntry>> {
    await this.flush();
    return (await this.#thread.call('audit', query)) as Page<AuditEntry>;
  }

  /**
   * Stores messages of apps, each once, and resolves afterwards. Messages that arrive during a
   * write share the next transaction.
   * @throws StoreError
   */
  addMessages(rows: readonly MessageRow[], sources: readonly SourceRow[]): Promise<void> {
    return this.#addMessages.ask({ rows, sources });
  }

  /** Returns messages of apps, ordered by time. @throws StoreError */
  async messages(query: MessageQuery): Promise<MessagePage> {
    return (await this.#thread.call('messages', query)) as MessagePage;
  }

  /** Returns what is stored about one start of a board. @throws StoreError */
  knownSource(uid: string, boot: string): Promise<KnownSource> {
    return this.#knownSource.ask({ uid, boot });
  }

  /** Stores a message to an app, or its new state. @throws StoreError */
  async putCommand(command: CommandRow): Promise<void> {
    await this.#thread.call('putCommand', command);
  }

  /** Returns messages to apps, newest first. @throws StoreError */
  async commands(query: CommandQuery): Promise<readonly CommandRow[]> {
    return (await this.#thread.call('commands', query)) as CommandRow[];
  }

  /**
   * Returns the size of the store and counts all rows, which takes about 1 s for ten million.
   * @throws StoreError
   */
  async size(): Promise<StoreSize> {
    await this.flush();
    return (await this.#thread.call('size', undefined)) as StoreSize;
  }

  /**
   * Deletes rows that exceed the limits of age and size.
   * @returns the number of deleted rows
   * @throws StoreError
   */
  async prune(): Promise<number> {
    return (await this.#thread.call('prune', {
      ...this.options.limits(),
      now: Date.now(),
    })) as number;
  }

  /** Writes the waiting rows. {@link onDidFail} reports failures. */
  flush(): Promise<void> {
    this.#timer?.dispose();
    this.#timer = undefined;
    const rows = this.#rows;
    if (rows.telemetry.length + rows.events.length + rows.audit.length > 0) {
      this.#rows = emptyRows();
      this.#writing = this.#writing.then(() => this.#write(rows));
    }
    return this.#writing;
  }

  /** Switches to the file or server that is set now. The next call asks for it. */
  reopen(): Promise<void> {
    return this.#reopening.run(async () => {
      await this.flush();
      await this.#addMessages.idle();
      await this.#thread.restart();
    });
  }

  /** Writes the waiting rows and stops the thread. */
  async close(): Promise<void> {
    await this.flush();
    this.#timer?.dispose();
    await this.#thread.close();
  }

  #added(ms = FLUSH_MS): void {
    const { telemetry, events, audit } = this.#rows;
    const count = telemetry.length + events.length + audit.length;
    if (count >= FLUSH_ROWS && !this.#isFailing) void this.flush();
    else if (ms < FLUSH_MS || !this.#timer) {
      this.#timer?.dispose();
      this.#timer = this.#clock.after(ms, () => void this.flush());
    }
  }

  async #write(rows: Rows): Promise<void> {
    try {
      await this.#thread.call('append', rows);
      this.#isFailing = false;
      if (this.#batches++ % PRUNE_EVERY === 0) await this.prune();
    } catch (error) {
      if (!this.#isFailing) this.#failed.fire(this.#thread.error(error));
      // A restarting server is soon back. A full disk would fail again, so it is reported at once.
      if (this.#thread.isServer && !this.#thread.isClosed) this.#keep(rows);
    }
  }

  /** Keeps rows that could not be written, for the next attempt. */
  #keep(rows: Rows): void {
    this.#isFailing = true;
    const { telemetry, events, audit } = this.#rows;
    this.#rows = {
      telemetry: [...rows.telemetry, ...telemetry].slice(0, WAITING_ROWS),
      events: [...rows.events, ...events].slice(0, WAITING_ROWS),
      audit: [...rows.audit, ...audit].slice(0, WAITING_ROWS),
    };
    this.#timer ??= this.#clock.after(FLUSH_MS, () => void this.flush());
  }
}

/** Joins calls into one transaction. */
function addedAll(asked: readonly StoreCalls['addMessages'][]): StoreCalls['addMessages'] {
  return {
    rows: asked.flatMap(({ rows }) => rows),
    sources: asked.flatMap(({ sources }) => sources),
  };
}

function emptyRows(): Rows {
  return { telemetry: [], events: [], audit: [] };
}
