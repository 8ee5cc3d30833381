import * as l10n from '@vscode/l10n';
import type { Socket } from 'node:net';
import { Deferred, throwIfAborted, type Clock } from '../../core/async';
import { ConnectionLostError } from '../../core/errors';
import { Emitter, type Disposable, type Event } from '../../core/events';
import type { ByteStream } from '../../core/transport';
import { KEEP_ALIVE, TelnetDecoder, toTelnet } from './telnetCodec';

/** Milliseconds between signs of life; a WiPy disconnects after 5 minutes of silence, unless set otherwise. */
const KEEP_ALIVE_MS = 60_000;
/** Milliseconds of silence after which TCP asks whether the other side still exists. */
const TCP_PROBE_MS = 15_000;
/** Milliseconds for the server to close its side before the connection is dropped. */
const CLOSE_MS = 1_000;
const CTRL_C = 0x03;

/** The text of a telnet connection, without commands. Used for the login, then by the raw REPL. */
export class TelnetStream implements ByteStream {
  readonly #data = new Emitter<Uint8Array>();
  readonly #closed = new Emitter<Error | undefined>();
  readonly onClose = this.#closed.event;
  readonly #decoder = new TelnetDecoder();
  readonly #ended = new Deferred<undefined>();
  #early: Uint8Array[] | undefined = [];
  #isEnded = false;
  #closing = false;
  #timer: Disposable | undefined;

  constructor(
    private readonly socket: Socket,
    private readonly clock: Clock,
  ) {
    socket.setNoDelay(true);
    socket.setKeepAlive(true, TCP_PROBE_MS);
    socket.on('data', (chunk: Buffer) => this.#hear(chunk));
    socket.on('error', (error) =>
      this.#finish(lost(l10n.t('The telnet connection failed'), error)),
    );
    socket.on('close', () =>
      this.#finish(
        this.#closing ? undefined : lost(l10n.t('The board closed the telnet connection')),
      ),
    );
    this.#live();
  }

  /** The first listener receives what arrived before it. */
  readonly onData: Event<Uint8Array> = (listener) => {
    const subscription = this.#data.event(listener);
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const chunk of early) listener(chunk);
    return subscription;
  };

  get closed(): boolean {
    return this.#isEnded;
  }

  /** From now on, what arrives waits for the next listener, behind `bytes`. */
  hold(bytes: Uint8Array): void {
    this.#early = bytes.length > 0 ? [bytes] : [];
  }

  async write(data: Uint8Array, signal?: AbortSignal): Promise<void> {
    throwIfAborted(signal);
    // Only the first Ctrl-C is needed: those that arrive at the prompt would each print another one.
    const isInterrupt = data.length > 0 && data.every((byte) => byte === CTRL_C);
    await this.#send(isInterrupt ? data.subarray(0, 1) : toTelnet(data));
  }

  async close(): Promise<void> {
    if (!this.#isEnded && !this.#closing) {
      this.#closing = true;
      this.socket.end();
      const patience = this.clock.after(CLOSE_MS, () => this.socket.destroy());
      await this.#ended.promise;
      patience.dispose();
    }
    await this.#ended.promise;
  }

  /** Ends immediately, with `cause` for listeners. */
  abort(cause: Error): void {
    this.#finish(cause);
    this.socket.destroy();
  }

  async #send(data: Uint8Array): Promise<void> {
    if (this.#isEnded || this.#closing) throw lost(l10n.t('The telnet connection is closed'));
    const sent = new Deferred<undefined>();
    this.socket.write(data, (error) => {
      if (error) sent.reject(lost(l10n.t('The telnet connection failed'), error));
      else sent.resolve(undefined);
    });
    // A peer that does not read delays the callback, so the end of the stream must win.
    const ended = this.#ended.promise.then(() =>
      Promise.reject(lost(l10n.t('The telnet connection is closed'))),
    );
    await Promise.race([sent.promise, ended]);
  }

  #hear(chunk: Uint8Array): void {
    const { text, answers } = this.#decoder.feed(chunk);
    if (answers.length > 0 && !this.#closing) this.socket.write(answers);
    if (text.length === 0) return;
    if (this.#early) this.#early.push(text);
    else this.#data.fire(text);
  }

  #live(): void {
    this.#timer = this.clock.after(KEEP_ALIVE_MS, () => {
      if (this.#isEnded || this.#closing) return;
      this.socket.write(KEEP_ALIVE);
      this.#live();
    });
  }

  #finish(cause: Error | undefined): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#timer?.dispose();
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
