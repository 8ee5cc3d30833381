import * as l10n from '@vscode/l10n';
import { utf8 } from '../bytes';
import { ProgramRunningError, TimeoutError } from '../errors';
import { Emitter } from '../events';
import { askForRaw } from './askForRaw';
import { BannerSplitter } from './bannerSplitter';
import { ByteWait } from './byteWait';
import { CTRL_B, CTRL_D } from './controlKeys';
import { Heard } from './heard';
import { LateAnswer } from './lateAnswer';
import type { LinkSteps, LinkTimes } from './linkSteps';
import { PromptSearch, type FoundPrompt } from './promptSearch';
import { RawRepl } from './rawRepl';
import { PromptTracker } from './rawReplPrompt';
import { ShownOutput } from './shownOutput';
import { stopProgram } from './stopProgram';

/** Times and rates of a link, and how much code may be sent ahead. */
export interface LinkOptions extends LinkTimes {
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
  /** The prompt of a program that has its own raw REPL (aiorepl); undefined at the firmware's REPL. */
  #programPrompt: string | undefined;
  readonly #wait: ByteWait;
  readonly #search: PromptSearch;
  readonly #steps: LinkSteps;
  readonly #terminal = new ShownOutput();
  readonly #late = new LateAnswer();
  /** The board may still read an unanswered Ctrl-A. The next REPL that does is out of step with this link. */
  #unanswered = false;

  constructor(
    private readonly write: (data: Uint8Array) => Promise<void>,
    private readonly options: LinkOptions,
  ) {
    this.raw = new RawRepl(write, options, (bytes) => this.show(bytes));
    this.#wait = new ByteWait(options.clock);
    this.#search = new PromptSearch(this.tracker, options, (found) => {
      if (this.#mode !== 'leaving') return;
      this.#arrive(found);
      this.#wait.evaluate();
    });
    this.#steps = {
      ...options,
      tracker: this.tracker,
      heard: this.#heard,
      write,
      until: (check, ms, signal) => this.#wait.until(check, ms, signal),
      isRaw: () => this.isRaw,
      listen: (mode) => {
        this.#mode = mode;
      },
      isPassing: () => this.#mode === 'passing',
      giveUpBanner: () => this.#giveUpBanner(),
      left: () => this.#left(),
    };
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
    this.#display(this.#late.end());
  }

  /** Processes bytes from the board. */
  feed(chunk: Uint8Array): void {
    switch (this.#mode) {
      case 'friendly':
        this.#untouched = false;
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
    this.#wait.evaluate();
  }

  /** Rejects everything that waits, because the link has ended. */
  fail(error: Error): void {
    this.#search.end();
    this.#wait.fail(error);
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
      if (!this.isRaw && !(await askForRaw(this.#steps, signal))) {
        if (!mayInterrupt) throw new ProgramRunningError(this.options.address.text);
        await this.#stop(signal);
      }
      if (this.#unanswered) {
        this.#terminal.upToPrompt();
        await this.raw.resync();
      }
      this.#unanswered = false;
      this.#late.end(); // what it holds back answers this link's keys
    } finally {
      this.#terminal.everything();
    }
  }

  /** Returns to the friendly prompt and discards the banner. @throws TimeoutError */
  async leave(): Promise<void> {
    if (!this.isRaw) return;
    this.#search.begin();
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

  #giveUpBanner(): void {
    this.#unanswered = true;
    this.#mode = 'friendly';
    this.show(this.#splitter.flush());
    this.#late.expect();
  }

  /** Stops the running program. @throws ConnectError, TimeoutError like {@link stopProgram} */
  async #stop(signal?: AbortSignal): Promise<void> {
    try {
      this.#unanswered = true;
      this.#terminal.upToPrompt();
      await stopProgram(this.#steps, signal);
    } catch (error) {
      this.#terminal.everything();
      throw error;
    } finally {
      if (!this.isRaw) this.#giveUpBanner();
    }
  }

  /**
   * Sends Ctrl-D at the prompt of a program's own REPL, which ends that REPL, and also the program
   * if it does nothing else.
   * @throws TimeoutError
   */
  async #endProgramsRepl(signal?: AbortSignal): Promise<void> {
    if (this.#programPrompt === undefined) return;
    this.#programPrompt = undefined;
    this.tracker.reset();
    this.touch();
    await this.write(CTRL_D);
    if (await this.#wait.until(() => this.tracker.ready, this.options.answerMs, signal)) return;
    await this.enter(true, signal);
    await this.leave();
  }

  /** Waits until a byte arrives, at most `ms`. */
  untilHeard(ms: number, signal?: AbortSignal): Promise<boolean> {
    this.#heard.reset();
    return this.#wait.until(
      () => this.#heard.bytes > 0 || this.tracker.lastLine !== 'nothing',
      ms,
      signal,
    );
  }

  /** Sends all further bytes to the terminal, because the board is about to reset. */
  abandonRaw(): void {
    this.touch();
    this.#mode = 'friendly';
    this.tracker.reset();
  }

  /** Waits until the prompt has followed the raw REPL. @throws TimeoutError */
  async #left(): Promise<void> {
    const isLeft = await this.#wait.until(() => this.#mode === 'friendly', this.options.answerMs);
    this.#search.end();
    if (isLeft) return;
    this.#mode = 'friendly';
    this.show(this.#search.captured);
    throw new TimeoutError(l10n.t('The board did not return to its prompt'), {
      hint: l10n.t('Reset the board if it does not respond in the terminal.'),
    });
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
    this.#search.begin();
    this.#awaitPrompt(rest);
  }

  #awaitPrompt(chunk: Uint8Array): void {
    const found = this.#search.feed(chunk, this.#programPrompt);
    if (found) this.#arrive(found);
  }

  /** Records that the board is at a prompt. */
  #arrive({ prompt, isRepls, before, rest }: FoundPrompt): void {
    this.#programPrompt = isRepls ? undefined : prompt;
    if (isRepls) this.tracker.learn(prompt);
    this.#mode = 'friendly';
    this.#terminal.everything();
    this.show(before);
    this.tracker.reset();
    this.tracker.feed(utf8(`\n${prompt}`));
    this.#untouched = rest.length === 0;
    const unseen = this.#terminal.atPrompt(prompt);
    if (unseen.length > 0) this.#shown.fire(unseen);
    this.show(rest);
  }

  /** Passes `bytes` to the terminal. */
  show(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.tracker.feed(bytes);
    this.#display(this.#late.filter(bytes, this.tracker.prompts));
  }

  #display(bytes: Uint8Array): void {
    const seen = this.#terminal.filter(bytes, this.tracker.prompts);
    if (seen.length > 0) this.#shown.fire(seen);
  }
}
