import * as l10n from '@vscode/l10n';
import type WebSocket from 'ws';
import { Deferred, throwIfAborted, type Clock } from '../../core/async';
import { ConnectionLostError } from '../../core/errors';
import { Emitter, type Disposable, type Event } from '../../core/events';
import type { ByteStream } from '../../core/transport';
import {
  decodeVersion,
  encodeRequest,
  frames,
  webReplRequest,
} from '../../core/webrepl/webreplProtocol';

/**
 * WebREPL answers no WebSocket ping (modwebsocket.c drops them), and a proxy or a powered-off board
 * leaves TCP open. Every server answers a version request, even while a program runs, so it is sent
 * after this many milliseconds of silence …
 */
const KEEP_ALIVE_MS = 10_000;
/**
 * … and the link is given up after this many more without a byte, or without accepting data. A
 * program may keep MicroPython from its sockets for a while, and erasing flash takes time.
 */
const DEAD_MS = 20_000;
/** Milliseconds that the server has to answer our close frame before TCP is closed. */
const CLOSE_MS = 1_000;

const CTRL_C = 0x03;
const TAKEN_MS = 1_000;

/** Times that tests shorten. */
export interface KeepAliveTimes {
  readonly keepAliveMs: number;
  readonly deadMs: number;
}

/**
 * A logged-in WebSocket: the REPL's bytes in text frames, and WebREPL's own answers in binary
 * frames.
 */
export class WebReplStream implements ByteStream {
  readonly #data = new Emitter<Uint8Array>();
  readonly #binary = new Emitter<Uint8Array>();
  readonly #closed = new Emitter<Error | undefined>();
  /** WebREPL's answers to put and get, a message each. */
  readonly onBinary = this.#binary.event;
  readonly onClose = this.#closed.event;
  /** The server's MicroPython version, once it has been requested. */
  version: string | undefined;
  /** Number of version answers. */
  versions = 0;
  #early: Uint8Array[] | undefined;
  #end: { cause: Error | undefined } | undefined;
  #closing = false;
  readonly #ended = new Deferred<undefined>();
  #heardAt: number;
  #marked: { mark: Uint8Array; listener: (bytes: Uint8Array) => void } | undefined;
  #versionAnswer: Deferred<undefined> | undefined;
  #askedAt = 0;
  #quiet = 0;
  #timer: Disposable | undefined;

  constructor(
    private readonly socket: WebSocket,
    /** What the board has sent after the login, if anything. */
    early: Uint8Array,
    private readonly clock: Clock,
    private readonly times: KeepAliveTimes = { keepAliveMs: KEEP_ALIVE_MS, deadMs: DEAD_MS },
  ) {
    this.#heardAt = clock.now();
    this.#early = early.length > 0 ? [early] : [];
    socket.on('message', (data: Buffer, isBinary) => this.#hear(data, isBinary));
    socket.on('error', (error) => this.#finish(lost('The WebREPL connection failed', error)));
    socket.on('close', () => {
      this.#finish(this.#closing ? undefined : lost('The board closed the WebREPL connection'));
    });
    this.#timer = clock.after(times.keepAliveMs, () => this.#keepAlive());
  }

  /** The first listener receives what arrived before it. */
  readonly onData: Event<Uint8Array> = (listener) => {
    const subscription = this.#data.event(listener);
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const chunk of early) listener(chunk);
    return subscription;
  };

  /**
   * Text frames that start with `mark` go to `listener`, without the mark, and not to the REPL:
   * code on the board wrote them directly to the WebSocket, one frame each.
   */
  onMarked(mark: Uint8Array, listener: (bytes: Uint8Array) => void): Disposable {
    this.#marked = { mark, listener };
    return { dispose: () => (this.#marked = undefined) };
  }

  /** Milliseconds after which a board that owes an answer counts as gone. */
  get deadMs(): number {
    return this.times.deadMs;
  }

  get closed(): boolean {
    return this.#end !== undefined;
  }

  /** Writes to the board's standard input. */
  async write(data: Uint8Array, signal?: AbortSignal): Promise<void> {
    if (data.length > 0 && data.every((byte) => byte === CTRL_C)) {
      await this.#interrupt(data, signal);
      return;
    }
    for (const frame of frames(data)) await this.#send(frame, false, signal);
  }

  /**
   * The network accepts any number of Ctrl-C at once, and those that arrive after the prompt would
   * each print another one. So one is sent, and the board must have accepted it before the next.
   */
  async #interrupt(data: Uint8Array, signal?: AbortSignal): Promise<void> {
    await this.#send(data.subarray(0, 1), false, signal);
    await this.#untilTaken();
  }

  /**
   * Waits briefly until the board has processed what was sent: it answers frames in order, but may
   * be stuck.
   */
  async #untilTaken(): Promise<void> {
    const answered = this.#askVersion();
    const passed = new Deferred<undefined>();
    const timer = this.clock.after(TAKEN_MS, () => passed.resolve(undefined));
    await Promise.race([answered, passed.promise]);
    timer.dispose();
  }

  #askVersion(): Promise<undefined> {
    if (!this.#versionAnswer) {
      this.#versionAnswer = new Deferred();
      this.#askedAt = this.clock.now();
      // A failure to send ends the stream through the socket's own events.
      this.#send(encodeRequest(webReplRequest.version), true).catch(() => undefined);
    }
    return this.#versionAnswer.promise;
  }

  /** Sends a binary frame to WebREPL itself. */
  async writeBinary(data: Uint8Array, signal?: AbortSignal): Promise<void> {
    await this.#send(data, true, signal);
  }

  /**
   * Runs `work` with exclusive use of binary frames: every answer belongs to it, and keep-alive
   * pauses. It must detect silence itself.
   */
  async withBinary<T>(work: () => Promise<T>): Promise<T> {
    this.#quiet++;
    try {
      await this.#versionAnswer?.promise;
      return await work();
    } finally {
      this.#heardAt = this.clock.now();
      this.#quiet--;
    }
  }

  async close(): Promise<void> {
    if (!this.#end && !this.#closing) {
      this.#closing = true;
      this.socket.close();
      const patience = this.clock.after(CLOSE_MS, () => this.socket.terminate());
      await this.#ended.promise;
      patience.dispose();
    }
    await this.#ended.promise;
  }

  /** Ends immediately, with `cause` for listeners. */
  abort(cause: Error): void {
    this.#finish(cause);
    this.socket.terminate();
  }

  async #send(data: Uint8Array, binary: boolean, signal?: AbortSignal): Promise<void> {
    throwIfAborted(signal);
    if (this.#end || this.#closing) throw this.#gone();
    const sent = new Deferred<undefined>();
    this.socket.send(data, { binary, compress: false }, (error) => {
      if (error) sent.reject(this.#gone(error));
      else sent.resolve(undefined);
    });
    // A peer that does not read delays the callback, so the end of the stream must win.
    await Promise.race([
      sent.promise,
      this.#ended.promise.then(() => Promise.reject(this.#gone())),
    ]);
  }

  #gone(error?: Error): Error {
    return this.#end?.cause ?? lost('The WebREPL connection is closed', error);
  }

  #hear(data: Uint8Array, isBinary: boolean): void {
    this.#heardAt = this.clock.now();
    if (!isBinary) {
      const marked = this.#marked;
      const { length } = marked?.mark ?? [];
      if (marked && Buffer.compare(data.subarray(0, length), marked.mark) === 0) {
        marked.listener(data.subarray(length));
      } else if (this.#early) this.#early.push(data);
      else this.#data.fire(data);
      return;
    }
    const version = this.#versionAnswer && decodeVersion(data);
    if (version) {
      this.version = version;
      this.versions++;
      this.#versionAnswer?.resolve(undefined);
      this.#versionAnswer = undefined;
      return;
    }
    this.#binary.fire(data);
  }

  #keepAlive(): void {
    if (this.#end || this.#closing) return;
    const now = this.clock.now();
    const since = Math.max(this.#heardAt, this.#askedAt);
    if (this.#versionAnswer && now - since >= this.times.deadMs) {
      const seconds = Math.round((now - this.#heardAt) / 1000);
      this.abort(lost(`The board has not answered over WebREPL for ${seconds} seconds`));
      return;
    }
    const silent = now - this.#heardAt >= this.times.keepAliveMs;
    if (silent && !this.#quiet && !this.#versionAnswer) {
      void this.#askVersion();
    }
    this.#timer = this.clock.after(this.times.keepAliveMs / 2, () => this.#keepAlive());
  }

  #finish(cause: Error | undefined): void {
    if (this.#end) return;
    this.#end = { cause };
    this.#timer?.dispose();
    this.#versionAnswer?.resolve(undefined);
    this.#ended.resolve(undefined);
    this.#closed.fire(cause);
  }
}

function lost(message: string, cause?: unknown): ConnectionLostError {
  return new ConnectionLostError(message, {
    hint: l10n.t(
      'Check that the board has power and is on the network; it reconnects once it answers.',
    ),
    cause,
  });
}
