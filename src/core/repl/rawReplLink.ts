import * as l10n from '@vscode/l10n';
import { Deferred, abortable, type Clock } from '../async';
import { concat, indexOf, utf8 } from '../bytes';
import { ProgramRunningError, TimeoutError } from '../errors';
import { Emitter } from '../events';
import type { Address } from '../address';
import { BannerSplitter } from './bannerSplitter';
import { Heard } from './heard';
import { RawRepl } from './rawRepl';
import { PromptTracker } from './rawReplPrompt';
import { ShownOutput } from './shownOutput';
import { stopProgram } from './stopProgram';

const CTRL_A = Uint8Array.of(0x01);
const CTRL_B = Uint8Array.of(0x02);
const CTRL_C = Uint8Array.of(0x03);
const CTRL_D = Uint8Array.of(0x04);
const RETURN = Uint8Array.of(0x0d);
/**
 * Clears the line on both sides of the cursor (Ctrl-K, Ctrl-U); backspaces for a REPL without these
 * keys.
 */
const KILL_LINE = [0x0b, 0x15];
const BACKSPACE = 0x7f;
/**
 * Every firmware's REPL prints a banner with this word before its first prompt. The prompt of a
 * program has no such banner.
 */
const REPL_BANNER = /python/i;
const LOOK_LIMIT = 64 * 1024;

export interface LinkOptions {
  readonly address: Address;
  /** Milliseconds within which the board must answer a step of the protocol. */
  readonly answerMs: number;
  /**
   * Milliseconds within which a board at its prompt answers a key: two trips over the line plus the
   * delay of its timers.
   */
  readonly probeMs: number;
  /** Bytes per second, if the line is the bottleneck. */
  readonly lineRate?: number;
  readonly clock: Clock;
  /** See {@link RawReplOptions}. */
  readonly fillsRing?: boolean;
}

/**
 * friendly: all bytes go to the terminal. entering: Ctrl-A has been sent, and the raw REPL's banner
 * may follow. passing: the same, followed by Ctrl-B. raw: bytes belong to the raw REPL. leaving:
 * Ctrl-B has been sent, and the banner is discarded.
 */
type Mode = 'friendly' | 'entering' | 'passing' | 'raw' | 'leaving';

/**
 * Tracks which REPL the board is in, and switches between them. Every received byte goes to exactly
 * one consumer. Only the raw REPL's banner proves that the board is at a prompt: any program can
 * print `>>> `, and a prompt can be any text.
 */
export class RawReplLink {
  readonly #shown = new Emitter<Uint8Array>();
  /** Output for the terminal. */
  readonly onShown = this.#shown.event;
  readonly tracker = new PromptTracker();
  readonly raw: RawRepl;
  readonly #splitter = new BannerSplitter();
  readonly #heard = new Heard();
  #mode: Mode = 'friendly';
  #untouched = false;
  #captured: Uint8Array = new Uint8Array();
  /**
   * The prompt of a program that has its own raw REPL (aiorepl); undefined at the firmware's REPL.
   */
  #programPrompt: string | undefined;
  #waiter: { check: () => boolean; done: Deferred<boolean> } | undefined;
  #quiet: { dispose(): void } | undefined;
  readonly #terminal = new ShownOutput();
  /**
   * The board's input may still contain an unanswered Ctrl-A. The next REPL that reads it is out of
   * step with this link.
   */
  #unanswered = false;
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

  /**
   * The board is certainly at its prompt: this link brought it there, and no byte has been received
   * or typed since.
   */
  get untouched(): boolean {
    return this.#untouched && this.#mode === 'friendly';
  }

  /** Call this before sending anything other than this link's own switching sequences. */
  touch(): void {
    this.#untouched = false;
  }

  /** Processes bytes from the board. */
  feed(chunk: Uint8Array): void {
    switch (this.#mode) {
      case 'friendly':
        this.touch();
        this.#heard.feed(chunk);
        this.show(chunk);
        break;
      case 'entering':
      case 'passing':
        this.#heard.feed(chunk);
        this.#awaitBanner(chunk);
        break;
      case 'raw':
        this.raw.feed(chunk);
        break;
      case 'leaving':
        this.#awaitPrompt(chunk);
        break;
    }
    if (this.#waiter?.check()) this.#waiter.done.resolve(true);
  }

  /** The link has ended: rejects everything that waits. */
  fail(error: Error): void {
    this.#failure = error;
    this.#quiet?.dispose();
    this.#waiter?.done.reject(error);
    this.raw.fail(error);
  }

  /**
   * Enters the raw REPL. Stops nothing unless `mayInterrupt`. If no prompt has been seen, sends one
   * carriage return and then Ctrl-A with Ctrl-B, which every REPL answers and few programs read.
   * @throws ProgramRunningError, ConnectError (no answer, or not a REPL), TimeoutError (Ctrl-C has
   * no effect)
   */
  async enter(mayInterrupt: boolean, signal?: AbortSignal): Promise<void> {
    try {
      if (!this.isRaw && !(await this.#ask(signal))) {
        if (!mayInterrupt) throw new ProgramRunningError(this.options.address.text);
        await this.#stop(signal);
      }
      if (this.#unanswered) {
        this.#terminal.upToPrompt();
        await this.raw.resync();
      }
      this.#unanswered = false;
    } finally {
      this.#terminal.everything();
    }
  }

  /** Returns to the friendly prompt and discards the banner. @throws TimeoutError */
  async leave(): Promise<void> {
    if (!this.isRaw) return;
    this.#captured = new Uint8Array();
    this.#mode = 'leaving';
    await this.write(CTRL_B);
    await this.#left();
  }

  /**
   * Brings the board to its empty friendly prompt, like {@link enter}; also ends a program's own
   * REPL.
   */
  async toPrompt(mayInterrupt: boolean, signal?: AbortSignal): Promise<void> {
    await this.enter(mayInterrupt, signal);
    await this.leave();
    if (mayInterrupt) await this.#endProgramsRepl(signal);
  }

  /** Stops a running program; does nothing at the prompt. @throws ConnectError, TimeoutError */
  async stop(signal?: AbortSignal): Promise<void> {
    if (this.untouched && this.#programPrompt === undefined) return;
    // A program that is known to run receives nothing but Ctrl-C.
    if (!this.tracker.ready) await this.#stop(signal);
    await this.enter(true, signal);
    await this.leave();
    await this.#endProgramsRepl(signal);
  }

  /**
   * Finds out whether the board is at its prompt, without stopping anything. Returns true if it is
   * now in its raw REPL.
   */
  async #ask(signal?: AbortSignal): Promise<boolean> {
    const { answerMs, probeMs } = this.options;
    if (!this.tracker.atPrompt) {
      await this.write(RETURN);
      const isAtPrompt = await this.#until(() => this.tracker.atPrompt, probeMs, signal);
      if (!isAtPrompt && !(await this.#passThroughRaw())) return false;
    }
    await this.#clearLine(signal);
    if (await this.#callRaw(answerMs / 2)) return true;
    // The echo of keys typed earlier may have arrived only now.
    if (this.tracker.lastLine !== 'editing') return false;
    await this.#clearLine(signal);
    return await this.#callRaw(answerMs / 2);
  }

  /**
   * Clears the line typed at the prompt. Ctrl-C would also do this, but would stop a program that
   * only looks like a prompt.
   */
  async #clearLine(signal?: AbortSignal): Promise<void> {
    const { lastLine, text } = this.tracker;
    if (lastLine === 'editing') {
      await this.write(Uint8Array.of(...KILL_LINE, ...new Uint8Array(text.length).fill(BACKSPACE)));
      this.tracker.reset(); // the echo of this is not a line
    } else if (lastLine === 'continued' || lastLine === 'paste') {
      // Only the REPL prints these after its prompt, and only Ctrl-C helps.
      await this.write(CTRL_C);
      await this.#until(() => this.tracker.ready, this.options.answerMs, signal);
    }
  }

  /**
   * Sends Ctrl-A and Ctrl-B: a program that passes them to the prompt later ends up at the prompt
   * again. Returns false if no REPL answers.
   */
  async #passThroughRaw(): Promise<boolean> {
    this.#mode = 'passing';
    await this.write(concat([CTRL_A, CTRL_B]));
    const { answerMs, probeMs } = this.options;
    const isPast = () => this.#mode !== 'passing';
    await this.#until(() => isPast() || this.tracker.atPrompt, probeMs / 2);
    // A slow board answered the carriage return only now.
    if (this.tracker.atPrompt) await this.#until(isPast, answerMs / 2);
    if (!isPast()) {
      this.#giveUpBanner();
      return false;
    }
    await this.#left();
    return true;
  }

  /**
   * Sends Ctrl-A and returns whether the raw REPL answers within `ms`. What looked like a prompt
   * may have been printed by a program.
   */
  async #callRaw(ms: number): Promise<boolean> {
    this.#mode = 'entering';
    await this.write(CTRL_A);
    const isEditing = () => this.tracker.lastLine === 'editing';
    const isHeard = await this.#until(() => this.isRaw || isEditing(), ms);
    // This is the echo of earlier keys. The REPL answers Ctrl-A after a complete line, but treats
    // it as a key in an incomplete one.
    if (isHeard) await this.#until(() => this.isRaw, this.options.probeMs);
    if (this.isRaw) return true;
    this.#giveUpBanner();
    await this.write(CTRL_B); // for a REPL that reads the Ctrl-A later
    return false;
  }

  #giveUpBanner(): void {
    this.#unanswered = true;
    this.#mode = 'friendly';
    this.show(this.#splitter.flush());
  }

  /** @throws ConnectError, TimeoutError like {@link stopProgram} */
  async #stop(signal?: AbortSignal): Promise<void> {
    try {
      this.#unanswered = true;
      this.#terminal.upToPrompt();
      await stopProgram(
        {
          ...this.options,
          tracker: this.tracker,
          heard: this.#heard,
          write: this.write,
          until: (check, ms) => this.#until(check, ms, signal),
          isRaw: () => this.isRaw,
          listen: () => {
            this.#mode = 'entering';
          },
          callRaw: (ms) => this.#callRaw(ms),
        },
        signal,
      );
    } catch (error) {
      this.#terminal.everything();
      throw error;
    } finally {
      if (!this.isRaw) this.#giveUpBanner();
    }
  }

  /**
   * At the prompt of a program's own REPL, Ctrl-D ends that REPL, and also the program if it does
   * nothing else.
   * @throws TimeoutError
   */
  async #endProgramsRepl(signal?: AbortSignal): Promise<void> {
    if (this.#programPrompt === undefined) return;
    this.#programPrompt = undefined;
    this.tracker.reset();
    this.touch();
    await this.write(CTRL_D);
    if (await this.#until(() => this.tracker.ready, this.options.answerMs, signal)) return;
    await this.enter(true, signal);
    await this.leave();
  }

  /** Waits until a byte arrives, at most `ms`. */
  untilHeard(ms: number, signal?: AbortSignal): Promise<boolean> {
    this.#heard.reset();
    return this.#until(
      () => this.#heard.bytes > 0 || this.tracker.lastLine !== 'nothing',
      ms,
      signal,
    );
  }

  /** From now on, all bytes go to the terminal: the board is about to reset. */
  abandonRaw(): void {
    this.touch();
    this.#mode = 'friendly';
    this.tracker.reset();
  }

  /** Waits until the prompt has followed the raw REPL. @throws TimeoutError */
  async #left(): Promise<void> {
    const isLeft = await this.#until(() => this.#mode === 'friendly', this.options.answerMs);
    this.#quiet?.dispose();
    if (isLeft) return;
    this.#mode = 'friendly';
    this.show(this.#captured);
    throw new TimeoutError(l10n.t('The board did not return to its prompt'), {
      hint: l10n.t('Reset the board if it does not respond in the terminal.'),
    });
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

  #awaitBanner(chunk: Uint8Array): void {
    const { before, rest } = this.#splitter.feed(chunk);
    this.show(before);
    if (rest === undefined) return;
    if (this.#mode === 'entering') {
      this.#mode = 'raw';
      this.raw.feed(rest);
      return;
    }
    this.#mode = 'leaving';
    this.#captured = new Uint8Array();
    this.#awaitPrompt(rest);
  }

  /** Recognises the prompt: a known one, or any text followed by silence. */
  #awaitPrompt(chunk: Uint8Array): void {
    this.#captured = concat([this.#captured, chunk]).slice(-LOOK_LIMIT);
    const known = [this.#programPrompt, ...this.tracker.prompts].filter((p) => p !== undefined);
    for (const prompt of known) {
      const at = indexOf(this.#captured, utf8(`\n${prompt}`));
      if (at < 0) continue;
      this.#arrive(prompt, at, this.#captured.subarray(at + 1 + utf8(prompt).length));
      return;
    }
    this.#quiet?.dispose();
    this.#quiet = this.options.clock.after(this.options.probeMs, () => {
      const at = this.#captured.lastIndexOf(0x0a);
      if (this.#mode !== 'leaving' || at < 0) return;
      const prompt = Buffer.from(this.#captured.subarray(at + 1)).toString('latin1');
      this.#arrive(prompt, at, new Uint8Array());
      if (this.#waiter?.check()) this.#waiter.done.resolve(true);
    });
  }

  /** The board is at its prompt: `prompt`, after the new line at `at`. */
  #arrive(prompt: string, at: number, rest: Uint8Array): void {
    const banner = Buffer.from(this.#captured.subarray(0, at)).toString('latin1');
    const isRepls = this.tracker.prompts.includes(prompt) || REPL_BANNER.test(banner);
    this.#programPrompt = isRepls ? undefined : prompt;
    if (isRepls) this.tracker.learn(prompt);
    this.#captured = new Uint8Array();
    this.#quiet?.dispose();
    this.#mode = 'friendly';
    this.tracker.reset();
    this.tracker.feed(utf8(`\n${prompt}`));
    this.#untouched = rest.length === 0;
    this.#terminal.everything();
    const unseen = this.#terminal.atPrompt(prompt);
    if (unseen.length > 0) this.#shown.fire(unseen);
    this.show(rest);
  }

  /** Passes `bytes` to the terminal. */
  show(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.tracker.feed(bytes);
    const seen = this.#terminal.filter(bytes, this.tracker.prompts);
    if (seen.length > 0) this.#shown.fire(seen);
  }
}
