import { Deferred, throwIfAborted, type Clock } from '../async';
import { concat, indexOf, utf8 } from '../bytes';
import { ConnectionLostError, PythonError, TimeoutError, UsageError } from '../errors';
import type { ExecLine } from './execLine';
import { Execution } from './rawReplExec';
import { RAW_BANNER } from './rawReplFraming';
import { pause } from './rawReplStop';
import type { ExecOptions } from '../transport';

/** Block and pause of code that goes out without flow control. The oldest chips' receive ring holds 64 bytes. */
const PLAIN_BLOCK = 64;
const PLAIN_PAUSE_MS = 4; // the board's time to take a block in

export interface RawReplOptions {
  /** Bytes a second that the line carries towards the board; undefined: it is not the line that limits. */
  readonly lineRate?: number;
  readonly answerMs: number;
  readonly clock: Clock;
  /** The line loses nothing that the receive ring of a board has room for: code fills all of it unasked. */
  readonly fillsRing?: boolean;
}

/** Of the two windows that the ring holds, the question and the end of the code need a few bytes; the smallest ring holds 255. */
const RING_SPARE = 8;

/** The raw REPL of one board over a line that carries bytes, entered and left by its owner. One code at a time. */
export class RawRepl implements ExecLine {
  readonly clock: Clock;
  readonly answerMs: number;
  readonly lineRate: number | undefined;
  readonly #fillsRing: boolean;
  #current: Execution | undefined;
  #rawPaste: boolean | undefined;
  /** The board's raw-paste window, as it last said; 0: not known, or no longer to be relied on. */
  #window = 0;
  #marker = 0;
  #ended = false;
  #waiting: { pattern: Uint8Array; seen: Uint8Array; found: Deferred<Uint8Array> } | undefined;

  /** @param onStray what comes while no code runs: a thread or a timer printed it */
  constructor(
    private readonly send: (data: Uint8Array) => Promise<void>,
    options: RawReplOptions,
    private readonly onStray: (bytes: Uint8Array) => void,
  ) {
    this.clock = options.clock;
    this.answerMs = options.answerMs;
    this.lineRate = options.lineRate;
    this.#fillsRing = options.fillsRing ?? false;
  }

  write(data: Uint8Array): Promise<void> {
    return this.send(data);
  }

  /** Takes what the board sent while it is in the raw REPL. */
  feed(chunk: Uint8Array): void {
    if (this.#current) this.#current.feed(chunk);
    else if (this.#waiting) this.#look(chunk);
    else this.onStray(chunk);
  }

  /** Ends what runs with `error`. */
  fail(error: Error): void {
    this.#ended = true;
    this.#current?.fail(error);
    this.#waiting?.found.reject(error);
  }

  /** Gives up what runs without a word to the board, which is about to reset. */
  abandon(): void {
    this.#current?.fail(new ConnectionLostError('The board was reset'));
  }

  /** Ctrl-C for the code that runs. */
  interrupt(): void {
    this.#current?.interrupt();
  }

  /** Runs `code`. The board must be in the raw REPL, and is afterwards. */
  async exec(code: string | Uint8Array, options: ExecOptions = {}): Promise<Uint8Array> {
    throwIfAborted(options.signal);
    const bytes = typeof code === 'string' ? utf8(code) : code;
    refuseControlBytes(bytes);
    const execution = new Execution(bytes, options, this);
    this.#current = execution;
    try {
      return await execution.run(this.#rawPaste, this.#ahead);
    } catch (error) {
      // What the failed code has not read of its stdin would be read as commands; and after a byte that was lost on the line
      // the board may still wait in the middle of the protocol.
      const unread = error instanceof PythonError && execution.usedStdin;
      if (unread || execution.outOfStep || (error instanceof TimeoutError && !this.#ended)) {
        this.#current = undefined;
        await this.resync();
      }
      throw error;
    } finally {
      this.#rawPaste ??= execution.rawPaste;
      this.#window = execution.window;
      this.#current = undefined;
      if (execution.rest.length > 0) this.onStray(execution.rest);
    }
  }

  /** Bytes of code that may be sent together with the question whether the board takes it. */
  get #ahead(): number {
    return this.#fillsRing ? Math.max(0, 2 * this.#window - RING_SPARE) : this.#window;
  }

  /**
   * Brings a raw REPL with unknown leftovers in its input back in step: drops the line, enters it anew, and waits for the
   * answer to a question that nothing else can have answered.
   */
  async resync(): Promise<void> {
    const mark = `resync ${++this.#marker}.`;
    await this.#ask(Uint8Array.of(0x03, 0x03, 0x01), RAW_BANNER);
    const question = utf8(`print('resync','${this.#marker}.')\x04`);
    await this.#ask(question, utf8(`OK${mark}\r\n\x04\x04>`));
  }

  /** Sends `question` and waits until `pattern` has come. @throws TimeoutError after `answerMs` without a byte */
  async #ask(question: Uint8Array, pattern: Uint8Array): Promise<void> {
    const found = new Deferred<Uint8Array>();
    this.#waiting = { pattern, seen: new Uint8Array(), found };
    const timer = this.clock.after(this.answerMs, () =>
      found.reject(new TimeoutError('The board does not come back to its raw REPL')),
    );
    try {
      // Together: on a line that takes nothing, the time limit comes while the question is still being sent.
      await Promise.all([this.send(question), found.promise]);
    } finally {
      timer.dispose();
      this.#waiting = undefined;
    }
  }

  #look(chunk: Uint8Array): void {
    const waiting = this.#waiting;
    if (!waiting) return;
    const seen = concat([waiting.seen, chunk]);
    const at = indexOf(seen, waiting.pattern);
    waiting.seen = seen.subarray(-waiting.pattern.length);
    if (at >= 0) waiting.found.resolve(seen.subarray(at + waiting.pattern.length));
  }

  /** Blocks with a pause behind each: the time that the block is on the line, and some for the board to take it in. */
  async writePaced(data: Uint8Array, isOver: () => boolean, onProgress: () => void): Promise<void> {
    for (let at = 0; at < data.length && !isOver(); at += PLAIN_BLOCK) {
      const block = data.subarray(at, at + PLAIN_BLOCK);
      await this.send(block);
      onProgress();
      const onLine = this.lineRate ? (block.length / this.lineRate) * 1000 : 0;
      await pause(this.clock, onLine + PLAIN_PAUSE_MS);
    }
  }
}

/** @throws UsageError for bytes that the REPL would take for commands (Ctrl-A to Ctrl-E) */
function refuseControlBytes(code: Uint8Array): void {
  const bad = code.find((byte) => byte >= 1 && byte <= 5);
  if (bad === undefined) return;
  throw new UsageError(`The code holds the control character 0x0${bad}`, {
    hint: `Write it as \\x0${bad} in the string that it belongs to.`,
  });
}
