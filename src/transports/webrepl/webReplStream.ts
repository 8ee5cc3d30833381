import * as l10n from '@vscode/l10n';
import type WebSocket from 'ws';
import { Deferred, throwIfAborted, within, type Clock } from '../../core/async';
import { Emitter, type Disposable } from '../../core/events';
import {
  decodeVersion,
  encodeRequest,
  frames,
  webReplRequest,
} from '../../core/webrepl/webreplProtocol';
import { isInterrupt, lost, NetworkStream } from '../network/networkStream';

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
/** Milliseconds to wait for the board to process a Ctrl-C; it may be stuck. */
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
export class WebReplStream extends NetworkStream {
  readonly #binary = new Emitter<Uint8Array>();
  /** WebREPL's answers to put and get, a message each. */
  readonly onBinary = this.#binary.event;
  /** The server's MicroPython version, once it has been requested. */
  version: string | undefined;
  /** Number of version answers. */
  versions = 0;
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
    clock: Clock,
    private readonly times: KeepAliveTimes = { keepAliveMs: KEEP_ALIVE_MS, deadMs: DEAD_MS },
  ) {
    super('WebREPL', { end: () => socket.close(), destroy: () => socket.terminate() }, clock);
    this.#heardAt = clock.now();
    this.hold(early);
    socket.on('message', (data: Buffer, isBinary) => this.#receive(data, isBinary));
    socket.on('error', (error) => this.onSocketError(error));
    socket.on('close', () => this.onSocketClose());
    this.#timer = clock.after(times.keepAliveMs, () => this.#keepAlive());
  }

  /**
   * Passes text frames that start with `mark` to `listener`, without the mark, and not to the REPL:
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

  /** Writes to the board's standard input. */
  async write(data: Uint8Array, signal?: AbortSignal): Promise<void> {
    if (isInterrupt(data)) {
      await this.#interrupt(data, signal);
      return;
    }
    for (const frame of frames(data)) await this.#send(frame, false, signal);
  }

  /** Sends one Ctrl-C. The board must have processed it before the next one is sent. */
  async #interrupt(data: Uint8Array, signal?: AbortSignal): Promise<void> {
    await this.#send(data.subarray(0, 1), false, signal);
    await this.#untilTaken();
  }

  /**
   * Waits briefly until the board has processed what was sent: it answers frames in order, but may
   * be stuck.
   */
  async #untilTaken(): Promise<void> {
    await within(this.clock, TAKEN_MS, this.#askVersion(), undefined);
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

  protected override release(): void {
    this.#timer?.dispose();
    this.#versionAnswer?.resolve(undefined);
  }

  async #send(data: Uint8Array, binary: boolean, signal?: AbortSignal): Promise<void> {
    throwIfAborted(signal);
    await this.send((done) => this.socket.send(data, { binary, compress: false }, done));
  }

  #receive(data: Uint8Array, isBinary: boolean): void {
    this.#heardAt = this.clock.now();
    if (!isBinary) {
      const marked = this.#marked;
      const { length } = marked?.mark ?? [];
      if (marked && Buffer.compare(data.subarray(0, length), marked.mark) === 0) {
        marked.listener(data.subarray(length));
      } else this.hear(data);
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
    if (!this.isOpen) return;
    const now = this.clock.now();
    const since = Math.max(this.#heardAt, this.#askedAt);
    if (this.#versionAnswer && now - since >= this.times.deadMs) {
      const seconds = Math.round((now - this.#heardAt) / 1000);
      this.abort(lost(l10n.t('The board has not answered over WebREPL for {0} seconds', seconds)));
      return;
    }
    const silent = now - this.#heardAt >= this.times.keepAliveMs;
    if (silent && !this.#quiet && !this.#versionAnswer) {
      void this.#askVersion();
    }
    this.#timer = this.clock.after(this.times.keepAliveMs / 2, () => this.#keepAlive());
  }
}
