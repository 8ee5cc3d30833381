import type { Address, LinkKind } from '../address';
import { Queue, systemClock, throwIfAborted, type Clock } from '../async';
import { ConnectionLostError, TimeoutError, asError } from '../errors';
import { Emitter } from '../events';
import type { Log } from '../log';
import { RawReplLink } from './rawReplLink';
import { StreamSession, resetCode } from './streamSession';
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

const ANSWER_MS = 5000;
const PROBE_MS = 400;
const CTRL_C = 0x03;
const SOFT_RESET = Uint8Array.of(0x04);
const FAREWELL = Uint8Array.of(0x03, 0x02); // ends what runs and leaves the raw REPL, before the link is closed
const GOODBYE_MS = 1000;

export interface StreamTransportOptions {
  readonly address: Address;
  /** Opens the bytes both ways, passively. @throws ConnectError */
  readonly open: (signal: AbortSignal) => Promise<ByteStream>;
  readonly log: Log;
  readonly can?: Partial<Transport['can']>;
  /** Bytes a second, where the line limits (a UART): paces code for boards without raw-paste. */
  readonly lineRate?: number;
  /** See {@link LinkOptions}; longer for links with a network in them. */
  readonly answerMs?: number;
  readonly probeMs?: number;
  readonly fillsRing?: boolean;
  /** Where the board is at its prompt for sure, work begins while the raw REPL is entered: what it does first may need none. */
  readonly beginsEarly?: boolean;
  readonly clock?: Clock;
}

/** A board whose REPL is reached over bytes: serial, WebREPL, the demo board. */
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
  /** A password or a key is on the line. */
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
      // The caller has its result before the board is at its prompt; one that goes on at once finds the raw REPL still open.
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
      entered.catch(() => undefined); // whoever runs code is told
    else await entered;
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

  /** Who waited and kept the raw REPL open has gone: leave it. */
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

  /** Keys from a terminal: at once, or behind the session that holds the board; Ctrl-C reaches what runs there. */
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
      if (!this.#link.tracker.ready) await this.#link.stop();
    });
  }

  async reset(mode: 'soft' | 'hard', signal?: AbortSignal): Promise<void> {
    this.#assertOpen();
    await this.#queue.run(async () => {
      if (mode === 'soft') await this.#softReset(signal);
      else await this.#hardReset(signal);
    }, signal);
  }

  async #softReset(signal?: AbortSignal): Promise<void> {
    await this.#link.toPrompt(true, signal);
    this.#link.tracker.reset();
    this.#link.touch();
    const heard = this.#link.untilHeard(ANSWER_MS, signal);
    await this.#write(SOFT_RESET);
    if (!(await heard)) {
      throw new TimeoutError(`${this.address.text} does not answer a soft reset`, {
        hint: 'Reset the board with its button.',
      });
    }
    this.#updateActivity();
  }

  /** Ends when the reset has begun: the board says something, the link vanishes, or it had the time to. */
  async #hardReset(signal?: AbortSignal): Promise<void> {
    await this.#link.enter(true, signal);
    const accepted = new Promise<void>((resolve, reject) => {
      const onStart = () => {
        this.#link.abandonRaw();
        resolve();
      };
      // A quick board's first words come together with its last.
      const onStdout = (bytes: Uint8Array) => this.#link.show(bytes);
      this.#link.raw.exec(resetCode, { onStart, onStdout }).then(() => resolve(), reject);
    });
    try {
      await accepted;
      await this.#link.untilHeard(GOODBYE_MS, signal);
      this.#updateActivity();
    } catch (error) {
      if (!(error instanceof ConnectionLostError)) throw error;
    } finally {
      this.#link.raw.abandon();
    }
  }

  async close(): Promise<void> {
    const stream = this.#stream;
    if (!stream || this.#end) return;
    const busy = this.#link.isRaw;
    // What waits is told first: the answers to the last word are nobody's.
    this.#reject(`The connection to ${this.address.text} was closed`);
    if (busy) {
      // A line that takes nothing more must not keep the port from being closed.
      const goodbye = stream.write(FAREWELL, AbortSignal.timeout(GOODBYE_MS));
      await goodbye.catch((error: unknown) => this.#log.debug(asError(error).message));
    }
    await stream.close();
    this.#closed.fire(undefined);
  }

  #onEnd(cause: Error | undefined): void {
    if (this.#end) return;
    this.#reject(`The connection to ${this.address.text} was lost`, cause);
    this.#closed.fire(cause);
  }

  #reject(message: string, cause?: Error): void {
    const hint = 'Check the cable or the network; the board can be connected again.';
    this.#end = new ConnectionLostError(message, cause ? { cause, hint } : {});
    this.#link.fail(this.#end);
    this.#setActivity('unknown');
  }

  #assertOpen(): void {
    if (this.#end) throw this.#end;
    if (!this.#stream) throw new ConnectionLostError(`${this.address.text} is not open`);
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
