import * as l10n from '@vscode/l10n';
import { Deferred, delay, throwIfAborted, type Clock } from '../async';
import { concat, indexOf, utf8 } from '../bytes';
import { ConnectionLostError, PythonError, TimeoutError, UsageError } from '../errors';
import type { ExecLine } from './execLine';
import { Execution } from './rawReplExec';
import { RAW_BANNER } from './rawReplFraming';
import type { ExecOptions } from '../transport';

/**
 * Block size (bytes) and pause of code that is sent without flow control. The oldest chips have a
 * receive ring of 63 bytes.
 */
const PLAIN_BLOCK = 60;
const PLAIN_PAUSE_MS = 4; // time for the board to process a block

/** Speed and patience of the line below a raw REPL. */
export interface RawReplOptions {
  /**
   * Bytes per second that the line carries to the board; undefined if the line is not the
   * bottleneck.
   */
  readonly lineRate?: number;
  readonly answerMs: number;
  readonly clock: Clock;
  /**
   * The line loses nothing as long as the board's receive ring has room, so code may fill the whole
   * ring without waiting.
   */
  readonly fillsRing?: boolean;
}

/**
 * The ring holds two windows. The request and the end of the code need these spare bytes; the
 * smallest ring holds 255.
 */
const RING_SPARE = 8;

/**
 * The raw REPL of one board over a line that carries bytes. Its owner enters and leaves it. Runs
 * one piece of code at a time.
 */
export class RawRepl implements ExecLine {
  readonly clock: Clock;
  readonly answerMs: number;
  readonly lineRate: number | undefined;
  readonly #fillsRing: boolean;
  #current: Execution | undefined;
  #rawPaste: boolean | undefined;
  /** The raw-paste window that the board last announced; 0: unknown or no longer reliable. */
  #window = 0;
  #marker = 0;
  #ended = false;
  #waiting: { pattern: Uint8Array; seen: Uint8Array; found: Deferred<Uint8Array> } | undefined;

  /** @param onStray receives output while no code runs, printed by a thread or timer */
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

  /** Processes bytes from the board while it is in the raw REPL. */
  feed(chunk: Uint8Array): void {
    if (this.#current) this.#current.feed(chunk);
    else if (this.#waiting) this.#look(chunk);
    else this.onStray(chunk);
  }

  /** Rejects the current code with `error`. */
  fail(error: Error): void {
    this.#ended = true;
    this.#current?.fail(error);
    this.#waiting?.found.reject(error);
  }

  /** Abandons the current code without telling the board, which is about to reset. */
  abandon(): void {
    this.#current?.fail(new ConnectionLostError(l10n.t('The board was reset')));
  }

  /** Sends Ctrl-C to the running code. */
  interrupt(): void {
    this.#current?.interrupt();
  }

  /** Runs `code`. The board must be in the raw REPL and stays in it. */
  async exec(code: string | Uint8Array, options: ExecOptions = {}): Promise<Uint8Array> {
    throwIfAborted(options.signal);
    const bytes = typeof code === 'string' ? utf8(code) : code;
    refuseControlBytes(bytes);
    const execution = new Execution(bytes, options, this);
    this.#current = execution;
    try {
      return await execution.run(this.#rawPaste, this.#ahead);
    } catch (error) {
      // Input that the failed code has not read would be interpreted as commands. And after a lost
      // byte, the board may still be in the middle of the protocol.
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

  /** Number of code bytes that may be sent together with the raw-paste request. */
  get #ahead(): number {
    return this.#fillsRing ? Math.max(0, 2 * this.#window - RING_SPARE) : this.#window;
  }

  /**
   * Resynchronises a raw REPL with unknown bytes in its input: clears the line, re-enters the raw
   * REPL, and waits for the answer to a unique question.
   */
  async resync(): Promise<void> {
    const mark = `resync ${++this.#marker}.`;
    await this.#ask(Uint8Array.of(0x03, 0x03, 0x01), RAW_BANNER);
    const question = utf8(`print('resync','${this.#marker}.')\x04`);
    await this.#ask(question, utf8(`OK${mark}\r\n\x04\x04>`));
  }

  /**
   * Sends `question` and waits for `pattern`.
   * @throws TimeoutError after `answerMs` without a byte
   */
  async #ask(question: Uint8Array, pattern: Uint8Array): Promise<void> {
    const found = new Deferred<Uint8Array>();
    this.#waiting = { pattern, seen: new Uint8Array(), found };
    const timer = this.clock.after(this.answerMs, () =>
      found.reject(new TimeoutError(l10n.t('The board does not return to its raw REPL'))),
    );
    try {
      // Both at once: on a blocked line, the time limit expires while the question is still being
      // sent.
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

  /**
   * Sends blocks with a pause after each: the transmission time of the block plus some time for the
   * board.
   */
  async writePaced(data: Uint8Array, isOver: () => boolean, onProgress: () => void): Promise<void> {
    for (let at = 0; at < data.length && !isOver(); at += PLAIN_BLOCK) {
      const block = data.subarray(at, at + PLAIN_BLOCK);
      await this.send(block);
      onProgress();
      const onLine = this.lineRate ? (block.length / this.lineRate) * 1000 : 0;
      await delay(this.clock, onLine + PLAIN_PAUSE_MS);
    }
  }
}

/**
 * Checks that code contains no bytes that the REPL would treat as commands (Ctrl-A to Ctrl-E).
 * @throws UsageError
 */
function refuseControlBytes(code: Uint8Array): void {
  const bad = code.find((byte) => byte >= 1 && byte <= 5);
  if (bad === undefined) return;
  throw new UsageError(l10n.t('The code contains the control character 0x0{0}', bad), {
    hint: l10n.t('Write it as \\x0{0} in its string.', bad),
  });
}
