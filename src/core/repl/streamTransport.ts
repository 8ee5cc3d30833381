import * as l10n from '@vscode/l10n';
import type { Address, LinkKind } from '../address';
import { Queue, systemClock, throwIfAborted, type Clock, awaitedLater } from '../async';
import { ConnectionLostError, LinkLostError, asError } from '../errors';
import { Emitter } from '../events';
import type { Log } from '../log';
import { RawReplLink } from './rawReplLink';
import { ANSWER_MS, GOODBYE_MS, hardReset, softReset } from './streamReset';
import { StreamSession } from './streamSession';
import { wireText } from './wireLog';
import { writeInTime } from './writeInTime';
import type {
  Activity,
  ByteStream,
  Session,
  SessionOptions,
  TerminalStream,
  Transport,
} from '../transport';

const PROBE_MS = 400;
const CTRL_C = 0x03;
const FAREWELL = Uint8Array.of(0x03, 0x02); // ends running code and leaves the raw REPL before the link closes

/** What differs between byte streams: how they open, how fast they are, and what they can do. */
export interface StreamTransportOptions {
  readonly address: Address;
  /** Opens the byte stream passively. @throws ConnectError */
  readonly open: (signal: AbortSignal) => Promise<ByteStream>;
  readonly log: Log;
  readonly can?: Partial<Transport['can']>;
  /**
   * Bytes per second, if the line is the bottleneck (a UART): sets the pace for boards without
   * raw-paste mode.
   */
  readonly lineRate?: number;
  /** See {@link LinkOptions}; longer for links over a network. */
  readonly answerMs?: number;
  readonly probeMs?: number;
  readonly fillsRing?: boolean;
  /**
   * If the board is certainly at its prompt, work starts while the raw REPL is being entered: its
   * first steps may not need it.
   */
  readonly beginsEarly?: boolean;
  readonly clock?: Clock;
}

/** A board whose REPL is reached over a byte stream: serial, WebREPL, the demo board. */
export class StreamTransport implements Transport {
  readonly kind: LinkKind;
  readonly address: Address;
  readonly can: Transport['can'];
  readonly #closed = new Emitter<Error | undefined>();
  readonly #activityChanged = new Emitter<Activity>();
  readonly onClose = this.#closed.event;
  readonly onActivity = this.#activityChanged.event;
  readonly #queue = new Queue();
  readonly #link: RawReplLink;
  readonly #log: Log;
  #stream: ByteStream | undefined;
  #activity: Activity = 'unknown';
  #session: StreamSession | undefined;
  /** A password or key is being sent. */
  #isSecret = false;
  #end: Error | undefined;

  constructor(private readonly options: StreamTransportOptions) {
    this.address = options.address;
    this.kind = options.address.kind;
    this.#log = options.log;
    this.can = {
      terminal: true,
      interrupt: true,
      hardReset: true,
      stdin: true,
      besideProgram: false,
      ...options.can,
    };
    this.#link = new RawReplLink((data) => this.#write(data), {
      ...options,
      answerMs: options.answerMs ?? ANSWER_MS,
      probeMs: options.probeMs ?? PROBE_MS,
      clock: options.clock ?? systemClock,
    });
    this.#link.onShown(() => this.#updateActivity());
  }

  get activity(): Activity {
    return this.#activity;
  }

  async open(signal: AbortSignal): Promise<void> {
    throwIfAborted(signal);
    const stream = await this.options.open(signal);
    this.#stream = stream;
    stream.onClose((cause) => this.#onEnd(cause));
    stream.onData((chunk) => {
      this.#trace('<', chunk);
      this.#link.feed(chunk);
    });
  }

  async withSession<T>(
    work: (session: Session) => Promise<T>,
    options: SessionOptions = {},
  ): Promise<T> {
    return await new Promise<T>((resolve, reject) => {
      // The caller gets its result before the board is back at its prompt; if it continues
      // immediately, the raw REPL is still open.
      const job = async () => {
        try {
          resolve(await this.#runSession(work, options));
        } catch (error) {
          reject(asError(error));
        } finally {
          await new Promise<void>((done) => void setImmediate(done));
          if (this.#queue.length <= 1) await this.#leave();
        }
      };
      this.#queue.run(job, options.signal).catch((error: unknown) => {
        reject(asError(error));
        this.#tidy();
      });
    });
  }

  async #runSession<T>(
    work: (session: Session) => Promise<T>,
    options: SessionOptions,
  ): Promise<T> {
    this.#assertOpen();
    const early = this.options.beginsEarly === true && this.#link.untouched;
    const entered = this.#link.enter(options.mayInterrupt ?? false, options.signal);
    if (early)
      awaitedLater(entered); // the code that runs next reports it
    else {
      await entered;
      this.#setActivity('idle'); // whatever ran has ended, even if its prompt was not shown
    }
    const session = new StreamSession(this.#link.raw, options.signal, entered);
    this.#session = session;
    this.#isSecret = options.secret ?? false;
    try {
      return await work(session);
    } finally {
      this.#session = undefined;
      await session.end();
      this.#isSecret = false;
    }
  }

  /** Leaves the raw REPL, because the waiting job that it was kept open for is gone. */
  #tidy(): void {
    if (this.#queue.length > 0 || this.#end || !this.#link.isRaw) return;
    this.#queue.run(() => this.#leave()).catch((error: unknown) => this.#onLeaveFailed(error));
  }

  async #leave(): Promise<void> {
    if (this.#end) return;
    try {
      await this.#link.leave();
    } catch (error) {
      this.#onLeaveFailed(error);
    }
    this.#updateActivity();
  }

  #onLeaveFailed(error: unknown): void {
    if (this.#end) return;
    this.#log.warn(`${this.address.text}: ${asError(error).message}`);
    this.#setActivity('unknown');
  }

  terminal(): TerminalStream {
    return { onData: this.#link.onShown, write: (data) => this.#type(data) };
  }

  /**
   * Sends keys from a terminal: immediately, or after the session that holds the board. Ctrl-C
   * reaches the running code.
   */
  async #type(data: Uint8Array): Promise<void> {
    this.#assertOpen();
    if (this.#queue.length === 0) {
      this.#link.touch();
      await this.#write(data);
      return;
    }
    let keys = data;
    if (this.#session && data.includes(CTRL_C)) {
      this.#session.interrupt();
      keys = data.subarray(data.lastIndexOf(CTRL_C) + 1);
    }
    if (keys.length === 0) return;
    await this.#queue.run(async () => {
      await this.#leave();
      this.#link.touch();
      await this.#write(keys);
    });
  }

  async interrupt(): Promise<void> {
    this.#assertOpen();
    if (this.#session) {
      this.#session.interrupt();
      return;
    }
    await this.#queue.run(async () => {
      await this.#leave();
      await this.#link.stop();
      this.#updateActivity();
    });
  }

  async reset(mode: 'soft' | 'hard', signal?: AbortSignal): Promise<void> {
    this.#assertOpen();
    await this.#queue.run(async () => {
      if (mode === 'soft')
        await softReset(this.#link, (data) => this.#write(data), this.address, signal);
      else await hardReset(this.#link, signal);
      this.#updateActivity();
    }, signal);
  }

  async close(): Promise<void> {
    const stream = this.#stream;
    if (!stream || this.#end) return;
    const busy = this.#link.isRaw;
    // Reject waiting operations first, so that answers to the farewell are ignored.
    const message = l10n.t('The connection to {0} was closed', this.address.text);
    this.#reject(new ConnectionLostError(message));
    if (busy) {
      // A blocked line must not keep the port from closing.
      const goodbye = stream.write(FAREWELL, AbortSignal.timeout(GOODBYE_MS));
      await goodbye.catch((error: unknown) => this.#log.debug(asError(error).message));
    }
    await stream.close();
    this.#closed.fire(undefined);
  }

  #onEnd(cause: Error | undefined): void {
    if (this.#end) return;
    const message = l10n.t('The connection to {0} was lost', this.address.text);
    const hint = l10n.t('Check the cable or the network; the board can be connected again.');
    this.#reject(new LinkLostError(message, cause ? { cause, hint } : {}));
    this.#closed.fire(cause);
  }

  #reject(end: ConnectionLostError): void {
    this.#end = end;
    this.#link.fail(end);
    this.#setActivity('unknown');
  }

  #assertOpen(): void {
    if (this.#end) throw this.#end;
    if (!this.#stream) throw new ConnectionLostError(l10n.t('{0} is not open', this.address.text));
  }

  #trace(direction: '<' | '>', bytes: Uint8Array): void {
    this.#log.trace(`${this.address.text} ${direction} ${wireText(bytes, this.#isSecret)}`);
  }

  async #write(data: Uint8Array): Promise<void> {
    this.#assertOpen();
    this.#trace('>', data);
    const { clock = systemClock } = this.options;
    if (this.#stream) await writeInTime(this.#stream, data, clock, this.address.text);
  }

  #updateActivity(): void {
    if (this.#end || this.#link.isRaw) return;
    const { lastLine, atPrompt } = this.#link.tracker;
    this.#setActivity(lastLine === 'nothing' ? 'unknown' : atPrompt ? 'idle' : 'running');
  }

  #setActivity(activity: Activity): void {
    if (this.#activity === activity) return;
    this.#activity = activity;
    this.#activityChanged.fire(activity);
  }
}
