import * as l10n from '@vscode/l10n';
import type { Worker } from 'node:worker_threads';
import { Deferred } from '../async';
import { asError } from '../errors';
import { Emitter } from '../events';
import type { FileAside, StoreAnswer, StoreCalls, StoreRequest, StoreSettings } from './messages';
import { StoreError } from './storeError';

/** A PostgreSQL server that keeps the history. */
export interface StoreServer {
  /** Its address, including the password. */
  readonly url: string;
  /** Path of the bundled pgWorker script. */
  readonly worker: string;
}

/** Which script the store's thread runs, and where the data is. */
export interface ThreadOptions extends StoreSettings {
  /** Path of the bundled storeWorker script; pgWorker for a server. */
  readonly worker: string;
  /**
   * Asked when the thread starts: the server to use instead of the file.
   * {@link StoreThread.restart} asks again.
   */
  readonly server?: () => Promise<StoreServer | undefined>;
}

/** The thread that reads and writes the store. The first call starts it. */
export class StoreThread {
  #thread: Promise<Worker> | undefined;
  /** The last thread that was started. */
  #started: Worker | undefined;
  #lastId = 0;
  readonly #waiting = new Map<number, Deferred<unknown>>();
  readonly #notice = new Emitter<string>();
  readonly onNotice = this.#notice.event;
  /** Whether a server is used instead of a file. */
  isServer: boolean;
  isClosed = false;

  constructor(private readonly options: ThreadOptions) {
    this.isServer = options.url !== undefined;
  }

  /** Returns whether a call has started the thread. */
  get isStarted(): boolean {
    return this.#thread !== undefined;
  }

  /** Calls the thread of the history. @throws StoreError */
  async call<C extends keyof StoreCalls>(call: C, argument: StoreCalls[C]): Promise<unknown> {
    if (this.isClosed) throw this.error(new Error('it is closed'));
    const id = ++this.#lastId;
    const result = new Deferred<unknown>();
    this.#waiting.set(id, result);
    try {
      const thread = await (this.#thread ??= this.#start());
      thread.ref(); // a command line must not end before its rows are written
      thread.postMessage({ id, call, argument } satisfies StoreRequest<C>);
      return await result.promise;
    } finally {
      this.#waiting.delete(id);
      if (this.#waiting.size === 0) this.#started?.unref();
    }
  }

  /** Stops the thread. The next call starts another, which may use another place. */
  async restart(): Promise<void> {
    this.#reject(new Error('another place is used from now on'));
    await this.#end();
  }

  /** Stops the thread for good. */
  async close(): Promise<void> {
    this.isClosed = true;
    await this.#end();
  }

  /** Converts any error to a StoreError that names the file or the server. */
  error(error: unknown): StoreError {
    return error instanceof StoreError ? error : new StoreError(asError(error), this.isServer);
  }

  async #end(): Promise<void> {
    const thread = this.#thread;
    this.#thread = undefined;
    this.#started = undefined; // later calls must not fail because this thread ends
    // A thread that could not start has already failed its callers.
    await (await thread?.catch(() => undefined))?.terminate();
  }

  async #start(): Promise<Worker> {
    try {
      const { Worker } = await import('node:worker_threads');
      const { file, url: given, worker } = this.options;
      const server = await this.options.server?.();
      const url = server?.url ?? given;
      this.isServer = url !== undefined;
      const settings: StoreSettings = { file, ...(url === undefined ? {} : { url }) };
      const thread = new Worker(server?.worker ?? worker, { workerData: settings });
      this.#started = thread;
      thread.on('message', (answer: StoreAnswer) => this.#take(answer));
      thread.on('error', (error) => this.#ended(thread, error));
      thread.on('exit', (code) => this.#ended(thread, new Error(`its thread ended (${code})`)));
      return thread;
    } catch (error) {
      this.#thread = undefined; // the next call tries again
      throw this.error(error);
    }
  }

  #take(answer: StoreAnswer): void {
    if (answer.type === 'aside') {
      this.#notice.fire(asideText(answer.aside));
      return;
    }
    const waiting = this.#waiting.get(answer.id);
    if (answer.type === 'done') waiting?.resolve(answer.value);
    else waiting?.reject(this.error(new Error(answer.message)));
  }

  #ended(thread: Worker, cause: Error): void {
    if (this.#started !== thread) return; // another thread has replaced it
    this.#thread = undefined; // the next call starts another
    this.#started = undefined;
    this.#reject(cause);
  }

  #reject(cause: Error): void {
    for (const waiting of this.#waiting.values()) waiting.reject(this.error(cause));
  }
}

function asideText({ why, path }: FileAside): string {
  return why === 'damaged'
    ? l10n.t('The history was damaged. It was renamed to {0}, and a new one was started.', path)
    : l10n.t(
        'The history was written by a newer version of MicroPython Fleet. It was renamed to {0}, and a new one was started.',
        path,
      );
}
