import { Deferred, abortable, type Clock } from '../async';
import { concat, indexOf, utf8 } from '../bytes';
import { ConnectError, ProgramRunningError, TimeoutError } from '../errors';
import { Emitter } from '../events';
import type { Address } from '../address';
import { RawRepl } from './rawRepl';
import { RAW_BANNER } from './rawReplFraming';
import { PromptTracker } from './rawReplPrompt';
import { STOP_ROUNDS, sendInterrupts, type StopRound } from './rawReplStop';

const CTRL_A = Uint8Array.of(0x01);
const CTRL_B = Uint8Array.of(0x02);
const CTRL_C = Uint8Array.of(0x03);
const RETURN = Uint8Array.of(0x0d);
const FRIENDLY_PROMPT = utf8('\n>>> ');
/** Ctrl-C that were under way when the prompt came have been answered after this silence. */
const QUIET_MS = 30;
const LOOK_LIMIT = 64 * 1024;
const GARBAGE_SHARE = 0.2; // of bytes that no text has: then it is a wrong baud rate, or no REPL

export interface LinkOptions {
  readonly address: Address;
  /** The board must answer a step of the protocol within this (milliseconds). */
  readonly answerMs: number;
  /** A board at its prompt answers a key within this: two trips over the line, and what its timers do meanwhile. */
  readonly probeMs: number;
  /** Bytes a second, where the line is what limits. */
  readonly lineRate?: number;
  readonly clock: Clock;
  /** See {@link RawReplOptions}. */
  readonly fillsRing?: boolean;
}

/**
 * friendly: all that comes is the terminal's. entering: Ctrl-A has been sent. raw: the raw REPL's. leaving: Ctrl-B has been
 * sent, and the banner is nobody's.
 */
type Mode = 'friendly' | 'entering' | 'raw' | 'leaving';

/** Which REPL the board is in, and the ways between them. Every byte that comes goes to exactly one place. */
export class RawReplLink {
  readonly #shown = new Emitter<Uint8Array>();
  /** What belongs to the terminal. */
  readonly onShown = this.#shown.event;
  readonly tracker = new PromptTracker();
  readonly raw: RawRepl;
  #mode: Mode = 'friendly';
  #untouched = false;
  #captured: Uint8Array = new Uint8Array();
  #heard = { bytes: 0, odd: 0 };
  #waiter: { check: () => boolean; done: Deferred<boolean> } | undefined;
  /** What the terminal is spared: after a flood of Ctrl-C the prompt is printed once for each. */
  #hush: 'nothing' | 'afterPrompt' | 'all' = 'nothing';
  #failure: Error | undefined;

  constructor(
    private readonly write: (data: Uint8Array) => Promise<void>,
    private readonly options: LinkOptions,
  ) {
    this.raw = new RawRepl(write, options, (bytes) => this.show(bytes));
  }

  get isRaw(): boolean {
    return this.#mode === 'raw';
  }

  /** The board is at its prompt for sure: it was brought there, and nothing has come from it or been typed since. */
  get untouched(): boolean {
    return this.#untouched && this.#mode === 'friendly';
  }

  /** Something else than this link's own ways between REPLs is about to be sent. */
  touch(): void {
    this.#untouched = false;
  }

  /** Takes what the board sent. */
  feed(chunk: Uint8Array): void {
    switch (this.#mode) {
      case 'friendly':
        this.touch();
        this.#weigh(chunk);
        this.show(chunk);
        break;
      case 'entering':
        this.#capture(chunk, RAW_BANNER, 'raw');
        break;
      case 'raw':
        this.raw.feed(chunk);
        break;
      case 'leaving':
        this.#capture(chunk, FRIENDLY_PROMPT, 'friendly');
        break;
    }
    if (this.#waiter?.check()) this.#waiter.done.resolve(true);
  }

  /** The link has ended: rejects all that waits. */
  fail(error: Error): void {
    this.#failure = error;
    this.#waiter?.done.reject(error);
    this.raw.fail(error);
  }

  /** Enters the raw REPL. @throws ProgramRunningError, ConnectError, TimeoutError as {@link toPrompt} */
  async enter(mayInterrupt: boolean, signal?: AbortSignal): Promise<void> {
    for (let tries = 0; tries < 3 && !this.isRaw; tries++) {
      await this.toPrompt(mayInterrupt, signal);
      this.#captured = new Uint8Array();
      this.#mode = 'entering';
      await this.write(CTRL_A);
      if (await this.#until(() => this.isRaw, this.options.answerMs / 2)) return;
      // What looked like a prompt was none (a program printed it, or the line was not empty).
      this.#mode = 'friendly';
      this.show(this.#captured);
    }
    if (!this.isRaw) throw this.#noPrompt();
  }

  /** Back to the friendly prompt; the banner is swallowed. @throws TimeoutError */
  async leave(): Promise<void> {
    if (!this.isRaw) return;
    this.#captured = new Uint8Array();
    this.#mode = 'leaving';
    await this.write(CTRL_B);
    if (await this.#until(() => this.#mode === 'friendly', this.options.answerMs)) return;
    this.#mode = 'friendly';
    this.show(this.#captured);
    throw new TimeoutError('The board did not come back to its prompt', {
      hint: 'Reset the board if it does not answer in the terminal.',
    });
  }

  /**
   * Brings the board to its empty friendly prompt. Nothing that runs is stopped unless `mayInterrupt`: it gets one carriage return
   * and, in case it is a raw REPL that somebody left behind, one Ctrl-B.
   * @throws ProgramRunningError, ConnectError (nothing answers, or no REPL), TimeoutError (Ctrl-C does not help)
   */
  async toPrompt(mayInterrupt: boolean, signal?: AbortSignal): Promise<void> {
    if (this.isRaw) await this.leave();
    if (this.tracker.ready) return;
    if (!this.tracker.atPrompt && (await this.#probe(signal))) return;
    if (this.tracker.atPrompt) {
      // At a prompt nothing runs: Ctrl-C drops what had been typed there.
      await this.write(CTRL_C);
      if (await this.#until(() => this.tracker.ready, this.options.answerMs, signal)) {
        return;
      }
    }
    if (!mayInterrupt) throw new ProgramRunningError(this.options.address.text);
    await this.stop(signal);
  }

  /** Ctrl-C until the prompt is there, more of them as time goes on. @throws ConnectError, TimeoutError */
  async stop(signal?: AbortSignal): Promise<void> {
    this.#heard = { bytes: 0, odd: 0 };
    this.tracker.reset();
    try {
      for (const round of STOP_ROUNDS) {
        if (round.floodMs > 0) this.#hush = 'afterPrompt';
        if (await this.#stopRound(round, signal)) return;
        this.#hush = 'nothing';
      }
    } finally {
      this.#hush = 'nothing';
    }
    throw this.#noPrompt();
  }

  async #stopRound(round: StopRound, signal?: AbortSignal): Promise<boolean> {
    const { floodMs, waitMs } = round;
    const isThere = () => this.tracker.ready;
    const isOver = () => isThere() || signal?.aborted === true;
    const line = { ...this.options, write: this.write };
    if (!(await sendInterrupts(line, round, isOver))) throw this.#noPrompt();
    if (floodMs === 0) return await this.#until(isThere, waitMs, signal);
    if (!(await this.#until(isThere, waitMs, signal))) {
      await this.write(CTRL_B); // a raw REPL takes Ctrl-C without a word
      if (!(await this.#until(isThere, this.options.probeMs / 2, signal))) return false;
    }
    // The answers to the Ctrl-C that were still under way.
    for (let seen = -1; seen < this.#heard.bytes;) {
      seen = this.#heard.bytes;
      const before = seen;
      await this.#until(() => this.#heard.bytes > before, QUIET_MS, signal);
    }
    return isThere();
  }

  /** Waits until something has been heard, at most `ms`. */
  untilHeard(ms: number, signal?: AbortSignal): Promise<boolean> {
    this.#heard = { bytes: 0, odd: 0 };
    return this.#until(
      () => this.#heard.bytes > 0 || this.tracker.lastLine !== 'nothing',
      ms,
      signal,
    );
  }

  /** What comes from now on is the terminal's: the board is about to reset. */
  abandonRaw(): void {
    this.touch();
    this.#mode = 'friendly';
    this.tracker.reset();
  }

  /** Asks without stopping anything; says whether the board is at its empty prompt. */
  async #probe(signal?: AbortSignal): Promise<boolean> {
    const { probeMs } = this.options;
    const atPrompt = () => this.tracker.atPrompt;
    await this.write(RETURN);
    if (!(await this.#until(atPrompt, probeMs, signal))) {
      await this.write(CTRL_B);
      await this.#until(atPrompt, probeMs / 2, signal);
    }
    return this.tracker.ready;
  }

  async #until(check: () => boolean, ms: number, signal?: AbortSignal): Promise<boolean> {
    if (this.#failure) throw this.#failure;
    if (check()) return true;
    const done = new Deferred<boolean>();
    this.#waiter = { check, done };
    const timer = this.options.clock.after(ms, () => done.resolve(false));
    try {
      return await abortable(done.promise, signal);
    } finally {
      timer.dispose();
      this.#waiter = undefined;
    }
  }

  #capture(chunk: Uint8Array, end: Uint8Array, next: 'raw' | 'friendly'): void {
    this.#captured = concat([this.#captured, chunk]);
    const at = indexOf(this.#captured, end);
    if (at < 0) {
      if (this.#captured.length > LOOK_LIMIT) this.#captured = this.#captured.slice(-end.length);
      return;
    }
    const rest = this.#captured.subarray(at + end.length);
    this.#captured = new Uint8Array();
    this.#mode = next;
    if (next === 'friendly') {
      this.tracker.reset();
      this.tracker.feed(FRIENDLY_PROMPT);
      this.#untouched = rest.length === 0;
    }
    this.show(rest);
  }

  /** Gives `bytes` to the terminal. */
  show(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.tracker.feed(bytes);
    if (this.#hush === 'all') return;
    const at = this.#hush === 'afterPrompt' ? indexOf(bytes, FRIENDLY_PROMPT) : -1;
    if (at >= 0) this.#hush = 'all';
    this.#shown.fire(at < 0 ? bytes : bytes.subarray(0, at + FRIENDLY_PROMPT.length));
  }

  #weigh(chunk: Uint8Array): void {
    this.#heard.bytes += chunk.length;
    const sample = chunk.subarray(0, 256);
    const odd = sample.filter((b) => b >= 0x7f || (b < 0x20 && ![7, 8, 9, 10, 13, 27].includes(b)));
    this.#heard.odd += (odd.length / sample.length) * chunk.length;
  }

  #noPrompt(): Error {
    const { bytes, odd } = this.#heard;
    const { address } = this.options;
    if (bytes === 0) {
      return new ConnectError(address, 'noAnswer', `Nothing answers at ${address.text}`, {
        hint: 'Reset the board. If it stays silent: is MicroPython on it, are port and baud rate right, does the cable carry data?',
      });
    }
    if (odd > bytes * GARBAGE_SHARE) {
      return new ConnectError(address, 'notABoard', `What ${address.text} sends is not text`, {
        hint: 'The baud rate may be wrong (setting mpyFleet.serial.baudRates; --baud of mpyfleet; most boards use 115200), or this is no MicroPython board.',
      });
    }
    return new TimeoutError(`The program on ${address.text} does not react to Ctrl-C`, {
      hint: 'Reset the board with its button, or unplug it and plug it in again.',
    });
  }
}
