import * as l10n from '@vscode/l10n';
import { Deferred, type Clock } from '../../core/async';
import { ConnectionLostError } from '../../core/errors';
import { Emitter, type Event } from '../../core/events';
import type { ByteStream } from '../../core/transport';

/** Milliseconds for the other side to close its half before the connection is dropped. */
const CLOSE_MS = 1_000;
const CTRL_C = 0x03;

/** The ways to end a socket. */
export interface NetworkSocket {
  /** Asks the other side to close. */
  end(): void;
  /** Drops the connection without informing the other side. */
  destroy(): void;
}

/** Calls `done` when the network has accepted the data, or with the reason why it did not. */
export type Send = (done: (error?: Error | null) => void) => void;

/**
 * The bytes of a REPL over a network: listening, sending, and the end of the connection. A subclass
 * forwards the events of its socket to {@link hear}, {@link onSocketError} and {@link onSocketClose}.
 */
export abstract class NetworkStream implements ByteStream {
  readonly #data = new Emitter<Uint8Array>();
  readonly #closed = new Emitter<Error | undefined>();
  readonly onClose = this.#closed.event;
  readonly #ended = new Deferred<undefined>();
  readonly #unsent = new Set<Deferred<undefined>>();
  #early: Uint8Array[] | undefined = [];
  #end: { cause: Error | undefined } | undefined;
  #closing = false;

  /** `protocol`: its name in messages, such as `telnet`. */
  protected constructor(
    private readonly protocol: string,
    private readonly line: NetworkSocket,
    protected readonly clock: Clock,
  ) {}

  abstract write(data: Uint8Array, signal?: AbortSignal): Promise<void>;

  /** Stops timers and rejects what waits. Called once, before anyone learns of the end. */
  protected abstract release(): void;

  /** The first listener also receives what arrived before it. */
  readonly onData: Event<Uint8Array> = (listener) => {
    const subscription = this.#data.event(listener);
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const chunk of early) listener(chunk);
    return subscription;
  };

  get closed(): boolean {
    return this.#end !== undefined;
  }

  /** Neither closed nor closing. */
  protected get isOpen(): boolean {
    return !this.#end && !this.#closing;
  }

  /** Keeps `bytes`, and what arrives from now on, for the next listener. */
  hold(bytes: Uint8Array): void {
    this.#early = bytes.length > 0 ? [bytes] : [];
  }

  async close(): Promise<void> {
    if (this.isOpen) {
      this.#closing = true;
      this.line.end();
      const patience = this.clock.after(CLOSE_MS, () => this.line.destroy());
      await this.#ended.promise;
      patience.dispose();
    }
    await this.#ended.promise;
  }

  /** Ends immediately; listeners receive `cause`. */
  abort(cause: Error): void {
    this.#finish(cause);
    this.line.destroy();
  }

  /** Sends, and waits until the network has accepted the data. @throws ConnectionLostError */
  protected async send(write: Send): Promise<void> {
    if (!this.isOpen) throw this.#gone();
    // A peer that does not read delays `done`, so the end of the stream rejects this too.
    const sent = new Deferred<undefined>();
    this.#unsent.add(sent);
    try {
      write((error) => {
        if (error) sent.reject(this.#gone(error));
        else sent.resolve(undefined);
      });
      await sent.promise;
    } finally {
      this.#unsent.delete(sent);
    }
  }

  /** Passes bytes of the REPL to the listeners. */
  protected hear(bytes: Uint8Array): void {
    if (this.#early) this.#early.push(bytes);
    else this.#data.fire(bytes);
  }

  protected onSocketError(error: Error): void {
    this.#finish(lost(l10n.t('The {0} connection failed', this.protocol), error));
  }

  protected onSocketClose(): void {
    const byBoard = () => lost(l10n.t('The board closed the {0} connection', this.protocol));
    this.#finish(this.#closing ? undefined : byBoard());
  }

  #gone(error?: Error): Error {
    if (this.#end?.cause) return this.#end.cause;
    return error
      ? lost(l10n.t('The {0} connection failed', this.protocol), error)
      : lost(l10n.t('The {0} connection is closed', this.protocol));
  }

  #finish(cause: Error | undefined): void {
    if (this.#end) return;
    this.#end = { cause };
    this.release();
    for (const sent of this.#unsent) sent.reject(this.#gone());
    this.#ended.resolve(undefined);
    this.#closed.fire(cause);
  }
}

/**
 * Returns whether `data` is one Ctrl-C or several. A network accepts any number of them at once,
 * and each that arrives after the prompt would print another prompt, so only one is sent.
 */
export function isInterrupt(data: Uint8Array): boolean {
  return data.length > 0 && data.every((byte) => byte === CTRL_C);
}

/** Returns the error of a network connection that ended unexpectedly. */
export function lost(message: string, cause?: unknown): ConnectionLostError {
  return new ConnectionLostError(message, {
    hint: l10n.t(
      'Check that the board has power and is on the network; it reconnects once it answers.',
    ),
    cause,
  });
}
