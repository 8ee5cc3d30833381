import * as l10n from '@vscode/l10n';
import { mkdirSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { abortable, Deferred, throwIfAborted, type Clock } from '../../core/async';
import { utf8 } from '../../core/bytes';
import { ConnectionLostError } from '../../core/errors';
import { Emitter, type Disposable } from '../../core/events';
import type { ByteStream } from '../../core/transport';
import { createRing, InputRing } from './inputRing';
import type { StartMode, WorkerMessage, WorkerSettings } from './messages';

const CTRL_C = 0x03;
/**
 * A program that prints, sleeps or reads can be interrupted as on a board. One that only computes
 * cannot, because WebAssembly offers no way. This many milliseconds after an ignored Ctrl-C, its
 * worker is terminated and the interpreter restarts.
 */
const GRACE_MS = 1_500;
const RESTARTED = 'KeyboardInterrupt: the demo board was restarted, its variables are gone\r\n';

/** The parts of a demo board. */
export interface DemoBoardOptions extends Omit<WorkerSettings, 'ring' | 'start'> {
  /** Path of the bundled worker script. */
  readonly worker: string;
  readonly clock: Clock;
}

/** The demo board's serial line, which persists when interpreters are replaced. */
export class DemoStream implements ByteStream {
  readonly #data = new Emitter<Uint8Array>();
  readonly #closed = new Emitter<Error | undefined>();
  readonly onData = this.#data.event;
  readonly onClose = this.#closed.event;
  readonly #memory = createRing();
  readonly #ring = new InputRing(this.#memory);
  #worker: Worker | undefined;
  #ended = false;
  /** The current interpreter is ready. */
  #started = false;
  #room = new Deferred<undefined>();
  readonly #ready = new Deferred<undefined>();
  #watchdog: Disposable | undefined;

  constructor(private readonly options: DemoBoardOptions) {}

  /**
   * Switches the board on and waits until it accepts input; boot.py and main.py run then.
   * @throws Error when it does not start
   */
  async powerOn(signal?: AbortSignal): Promise<void> {
    mkdirSync(this.options.folder, { recursive: true });
    this.#start('power');
    await abortable(this.#ready.promise, signal);
  }

  async write(data: Uint8Array, signal?: AbortSignal): Promise<void> {
    for (let at = 0; at < data.length;) {
      throwIfAborted(signal);
      if (this.#ended) throw new ConnectionLostError(l10n.t('The demo board is off'));
      const room = this.#room.promise;
      at += this.#ring.write(data.subarray(at));
      this.#worker?.postMessage(undefined);
      if (at < data.length) await room;
    }
    if (data.includes(CTRL_C)) this.#watch(this.#ring.written);
  }

  async close(): Promise<void> {
    await this.#end(undefined);
  }

  #start(start: StartMode): void {
    const { folder, flashBytes, micropython, uid } = this.options;
    const workerData: WorkerSettings = {
      ring: this.#memory,
      folder,
      flashBytes,
      micropython,
      uid,
      start,
    };
    this.#ring.raw = start === 'raw' || start === 'bareRaw';
    this.#ring.running = false;
    const worker = new Worker(this.options.worker, { workerData, stdout: true, stderr: true });
    this.#worker = worker;
    this.#started = false;
    worker.on('message', (message: WorkerMessage) => {
      if (worker === this.#worker) this.#onMessage(message);
    });
    worker.on('error', (error) => {
      if (worker === this.#worker) this.#onCrash(error);
    });
  }

  #onMessage(message: WorkerMessage): void {
    switch (message.type) {
      case 'output':
        this.#ring.taken(message.bytes.length);
        this.#data.fire(message.bytes);
        return;
      case 'room':
        this.#room.resolve(undefined);
        this.#room = new Deferred();
        return;
      case 'reset':
        this.#restart(message.start);
        return;
      case 'ready':
        this.#started = true;
        this.#ready.resolve(undefined);
        return;
      case 'failed':
        void this.#fail(message.message);
    }
  }

  /** Replaces the interpreter, which has ended. */
  #restart(start: StartMode): void {
    const old = this.#worker;
    this.#unwatch();
    this.#start(start);
    void old?.terminate();
  }

  /** Checks, some time after a Ctrl-C, whether the interpreter has noticed it. */
  #watch(position: number): void {
    this.#watchdog ??= this.options.clock.after(GRACE_MS, () => {
      this.#watchdog = undefined;
      const unheard = this.#ring.running && ((position - this.#ring.scanned) | 0) > 0;
      if (unheard) void this.#interruptByForce('');
    });
  }

  #unwatch(): void {
    this.#watchdog?.dispose();
    this.#watchdog = undefined;
  }

  #onCrash(error: Error): void {
    if (!this.#started) {
      void this.#fail(error.message);
      return;
    }
    void this.#interruptByForce(`${error.message.replace(/[^ -~]+/g, ' ')}\r\n`);
  }

  /**
   * Starts a new interpreter, after printing what a board prints when code ends with an exception.
   */
  async #interruptByForce(why: string): Promise<void> {
    const raw = this.#ring.raw;
    const old = this.#worker;
    const unread = this.#ring.written;
    this.#worker = undefined;
    this.#unwatch();
    await old?.terminate();
    if (this.#ended) return;
    this.#ring.clear(unread);
    this.#start(raw ? 'bareRaw' : 'bare');
    const traceback = `Traceback (most recent call last):\r\n${why}${RESTARTED}`;
    this.#data.fire(utf8(raw ? `\x04${traceback}\x04>` : `\r\n${traceback}`));
  }

  async #fail(message: string): Promise<void> {
    const error = new ConnectionLostError(l10n.t('The demo board could not start: {0}', message));
    this.#ready.reject(error);
    await this.#end(error);
  }

  async #end(cause: Error | undefined): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    this.#unwatch();
    this.#room.resolve(undefined);
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
    this.#closed.fire(cause);
  }
}
