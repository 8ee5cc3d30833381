import * as l10n from '@vscode/l10n';
import type { Worker } from 'node:worker_threads';
import { Deferred, systemClock, type Clock } from '../async';
import { asError, FleetError } from '../errors';
import { Emitter } from '../events';
import type {
  CommandQuery,
  CommandRow,
  KnownSource,
  MessagePage,
  MessageQuery,
  MessageRow,
  SourceRow,
} from './appMessages';
import type { FileAside, StoreAnswer, StoreCalls, StoreRequest, StoreSettings } from './messages';
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

/** The history could not be read or written. What was to be written is not kept. */
export class StoreError extends FleetError {
  readonly code = 'store';

  constructor(cause: Error) {
    super(l10n.t('The history could not be used: {0}', cause.message), {
      cause,
      hint: l10n.t(
        'Check that the disk has room and that the folder of the history can be written.',
      ),
    });
  }
}

export interface StoreOptions extends StoreSettings {
  /** Path of the bundled storeWorker script; pgWorker for a server. */
  readonly worker: string;
  /** Asked each time: settings change. */
  readonly limits: () => Limits;
  readonly clock?: Clock;
}

/** Rows wait this long for others, so that a fleet's messages become a few transactions a minute. */
const FLUSH_MS = 2_000;
/** The same for operations of the user. */
const FLUSH_AUDIT_MS = 200;
/** From this number on rows are written at once. */
const FLUSH_ROWS = 1_000;
/** Batches between two checks of size and age. */
const PRUNE_EVERY = 200;

interface Rows {
  telemetry: TelemetryEntry[];
  events: EventEntry[];
  audit: AuditEntry[];
}

/**
 * Telemetry, events and the audit of all operations, in an SQLite file that outlives the window. The thread and the file are
 * opened by the first row or question. Several windows and command lines may share one file.
 */
export class Store {
  #thread: Promise<Worker> | undefined;
  #lastId = 0;
  #rows: Rows = emptyRows();
  #timer: { dispose(): void } | undefined;
  #batches = 0;
  #closed = false;
  #writing: Promise<void> = Promise.resolve();
  #messages: { rows: MessageRow[]; sources: SourceRow[] } = { rows: [], sources: [] };
  /** The transaction that stores the current messages; undefined if there are none. */
  #writingMessages: Promise<void> | undefined;
  #messagesWritten: Promise<void> = Promise.resolve();
  readonly #waiting = new Map<number, Deferred<unknown>>();
  readonly #failed = new Emitter<StoreError>();
  readonly #notice = new Emitter<string>();
  /** Rows could not be written. */
  readonly onDidFail = this.#failed.event;
  /** Fires with a text for the user: a damaged file was set aside. */
  readonly onNotice = this.#notice.event;
  readonly #clock: Clock;

  constructor(private readonly options: StoreOptions) {
    this.#clock = options.clock ?? systemClock;
  }

  addTelemetry(entry: TelemetryEntry): void {
    this.#rows.telemetry.push(entry);
    this.#added();
  }

  addEvent(entry: EventEntry): void {
    this.#rows.events.push(entry);
    this.#added();
  }

  /** Written within a moment, since a window may be closed after its last operation. */
  addAudit(entry: AuditEntry): void {
    this.#rows.audit.push(entry);
    this.#added(FLUSH_AUDIT_MS);
  }

  /** Answers a {@link SeriesQuery}. Writes waiting rows first. @throws StoreError */
  async series(query: SeriesQuery): Promise<readonly SeriesPoint[]> {
    await this.flush();
    return (await this.#call('series', query)) as SeriesPoint[];
  }

  /** Events, newest first. @throws StoreError */
  async events(query: SearchQuery): Promise<Page<EventEntry>> {
    await this.flush();
    return (await this.#call('events', query)) as Page<EventEntry>;
  }

  /** Operations, newest first. @throws StoreError */
  async audit(query: SearchQuery): Promise<Page<AuditEntry>> {
    await this.flush();
    return (await this.#call('audit', query)) as Page<AuditEntry>;
  }

  /**
   * Stores messages of apps, each once, before it resolves. Messages that arrive during a write share the next transaction.
   * @throws StoreError
   */
  addMessages(rows: readonly MessageRow[], sources: readonly SourceRow[]): Promise<void> {
    this.#messages.rows.push(...rows);
    this.#messages.sources.push(...sources);
    this.#writingMessages ??= this.#messagesWritten.then(() => {
      const batch = this.#messages;
      this.#messages = { rows: [], sources: [] };
      this.#writingMessages = undefined;
      const written = this.#call('addMessages', batch).then(() => undefined);
      this.#messagesWritten = written.catch(() => undefined); // `written` reports it to those who wait
      return written;
    });
    return this.#writingMessages;
  }

  /** Messages of apps, in the order of time. @throws StoreError */
  async messages(query: MessageQuery): Promise<MessagePage> {
    return (await this.#call('messages', query)) as MessagePage;
  }

  /** Returns what is stored about one start of a board. @throws StoreError */
  async knownSource(uid: string, boot: string): Promise<KnownSource> {
    return (await this.#call('knownSource', { uid, boot })) as KnownSource;
  }

  /** Stores a message to an app, or what became of it. @throws StoreError */
  async putCommand(command: CommandRow): Promise<void> {
    await this.#call('putCommand', command);
  }

  /** Messages to apps, newest first. @throws StoreError */
  async commands(query: CommandQuery): Promise<readonly CommandRow[]> {
    return (await this.#call('commands', query)) as CommandRow[];
  }

  /** How much is stored. Counts all rows: about a second for ten million. @throws StoreError */
  async size(): Promise<StoreSize> {
    await this.flush();
    return (await this.#call('size', undefined)) as StoreSize;
  }

  /** Deletes old and excess data. @returns the number of rows deleted @throws StoreError */
  async prune(): Promise<number> {
    return (await this.#call('prune', { ...this.options.limits(), now: Date.now() })) as number;
  }

  /** Writes what waits. Failures are reported by {@link onDidFail}. */
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

  /** Writes what waits and ends the thread. */
  async close(): Promise<void> {
    await this.flush();
    this.#closed = true;
    if (!this.#thread) return;
    const thread = await this.#thread;
    this.#thread = undefined;
    await thread.terminate();
  }

  #added(ms = FLUSH_MS): void {
    const { telemetry, events, audit } = this.#rows;
    if (telemetry.length + events.length + audit.length >= FLUSH_ROWS) void this.flush();
    else if (ms < FLUSH_MS || !this.#timer) {
      this.#timer?.dispose();
      this.#timer = this.#clock.after(ms, () => void this.flush());
    }
  }

  async #write(rows: Rows): Promise<void> {
    try {
      await this.#call('append', rows);
      if (this.#batches++ % PRUNE_EVERY === 0) await this.prune();
    } catch (error) {
      this.#failed.fire(error instanceof StoreError ? error : new StoreError(asError(error)));
    }
  }

  async #call<C extends keyof StoreCalls>(call: C, argument: StoreCalls[C]): Promise<unknown> {
    if (this.#closed) throw new StoreError(new Error('it is closed'));
    const id = ++this.#lastId;
    const result = new Deferred<unknown>();
    this.#waiting.set(id, result);
    try {
      const thread = await (this.#thread ??= this.#start());
      thread.ref(); // a command line ends only when its rows are written
      thread.postMessage({ id, call, argument } satisfies StoreRequest<C>);
      return await result.promise;
    } finally {
      this.#waiting.delete(id);
      if (this.#waiting.size === 0) await this.#thread?.then((thread) => thread.unref());
    }
  }

  async #start(): Promise<Worker> {
    const { Worker } = await import('node:worker_threads');
    const { file, url, worker } = this.options;
    const settings: StoreSettings = { file, ...(url === undefined ? {} : { url }) };
    const thread = new Worker(worker, { workerData: settings });
    thread.on('message', (answer: StoreAnswer) => {
      if (answer.type === 'aside') {
        this.#notice.fire(asideText(answer.aside));
        return;
      }
      const waiting = this.#waiting.get(answer.id);
      if (answer.type === 'done') waiting?.resolve(answer.value);
      else waiting?.reject(new StoreError(new Error(answer.message)));
    });
    thread.on('error', (error) => this.#ended(error));
    thread.on('exit', (code) => this.#ended(new Error(`its thread ended (${code})`)));
    return thread;
  }

  #ended(cause: Error): void {
    this.#thread = undefined; // the next call starts another
    for (const waiting of this.#waiting.values()) waiting.reject(new StoreError(cause));
  }
}

function asideText({ why, path }: FileAside): string {
  return why === 'damaged'
    ? l10n.t('The history was damaged. It is kept as {0}, and a new one begins.', path)
    : l10n.t(
        'The history was written by a newer version of MicroPython Fleet. It is kept as {0}, and a new one begins.',
        path,
      );
}

function emptyRows(): Rows {
  return { telemetry: [], events: [], audit: [] };
}
