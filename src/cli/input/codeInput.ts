import { Deferred, systemClock, type Clock } from '../../core/async';
import { concat, indexOf, utf8 } from '../../core/bytes';
import { asError, PythonError } from '../../core/errors';
import type { Disposable } from '../../core/events';
import type { CliInput } from './input';

type Write = (data: Uint8Array) => Promise<void>;

const CTRL_C = 0x03;
const LF = 0x0a;
const CR = 0x0d;
/** Bytes sent before waiting for their echo; a UART port of MicroPython buffers 260. */
const PIECE = 64;
/** Milliseconds that code may take to echo a piece. Code that reads sys.stdin echoes nothing. */
const ECHO_MS = 1000;
/** Milliseconds that a prompt must stay after the end of input to count as waiting for more. */
const STARVED_MS = 5000;

/**
 * Feeds standard input to code on a board: keys of a terminal immediately, lines of a pipe one by
 * one, each after the code has echoed the previous one. Gives up when input has ended and code that
 * calls input() shows a prompt.
 */
export class CodeInput implements Disposable {
  /**
   * Aborted to stop the code: by Ctrl-C on the terminal, or because it waits for input that will
   * not arrive.
   */
  readonly stop = new AbortController();
  #listening: Disposable | undefined;
  #starving: Disposable | undefined;
  #write: Write | undefined;
  #queue: Uint8Array = new Uint8Array();
  #ended = false;
  #sending = false;
  #echo:
    | { readonly wanted: Uint8Array; heard: Uint8Array; readonly done: Deferred<undefined> }
    | undefined;
  #openLine = false;

  constructor(
    private readonly input: CliInput,
    private readonly onInterrupt: () => void,
    private readonly callsInput: boolean,
    private readonly clock: Clock = systemClock,
  ) {}

  /** Starts to pass input to the code, which now runs and accepts it. */
  start(write: Write): void {
    this.#write = write;
    this.#listening = this.input.listen(
      (chunk) => this.#take(chunk),
      () => this.#onEnd(),
    );
  }

  /** Takes the output of the code. */
  heard(chunk: Uint8Array): void {
    this.#openLine = chunk.at(-1) !== LF;
    const echo = this.#echo;
    if (echo) {
      echo.heard = concat([echo.heard, chunk]);
      if (indexOf(echo.heard, echo.wanted) >= 0) echo.done.resolve(undefined);
    }
    this.#watch();
  }

  dispose(): void {
    this.#write = undefined;
    this.#starving?.dispose();
    this.#listening?.dispose();
    this.#echo?.done.resolve(undefined);
  }

  #take(chunk: Uint8Array): void {
    if (!this.input.isTerminal) {
      this.#queue = concat([this.#queue, chunk]);
      void this.#send();
      return;
    }
    if (chunk.includes(CTRL_C)) this.onInterrupt();
    else this.#put(chunk.map((b) => (b === LF ? CR : b)));
  }

  #put(data: Uint8Array): void {
    this.#write?.(data).catch((error: unknown) => this.stop.abort(asError(error)));
  }

  async #send(): Promise<void> {
    if (this.#sending) return;
    this.#sending = true;
    while (this.#write && this.#queue.length > 0) {
      const end = this.#queue.indexOf(LF);
      const length = Math.min(PIECE, end < 0 ? this.#queue.length : end + 1);
      const piece = this.#queue.subarray(0, length);
      this.#queue = this.#queue.subarray(length);
      await this.#deliver(piece);
    }
    this.#sending = false;
    if (this.#ended) this.#watch();
  }

  async #deliver(piece: Uint8Array): Promise<void> {
    const whole = piece.at(-1) === LF;
    const line = piece.filter((b) => b !== LF && b !== CR);
    const done = new Deferred<undefined>();
    this.#echo = {
      wanted: whole ? concat([line, utf8('\r\n')]) : line,
      heard: new Uint8Array(),
      done,
    };
    const timer = this.clock.after(ECHO_MS, () => done.resolve(undefined));
    this.#put(whole ? concat([line, Uint8Array.of(CR)]) : line);
    await done.promise;
    timer.dispose();
    this.#echo = undefined;
  }

  #onEnd(): void {
    this.#ended = true;
    this.#watch();
  }

  /**
   * Checks whether the code waits for input that will not arrive. Ctrl-D would end the input, but
   * resets a board whose code has just ended.
   */
  #watch(): void {
    this.#starving?.dispose();
    const over = this.#ended && this.#queue.length === 0 && !this.#sending;
    if (!over || !this.callsInput || !this.#openLine) return;
    this.#starving = this.clock.after(STARVED_MS, () => {
      const words = 'The code waits for input(), and standard input has ended';
      this.stop.abort(new PythonError(`EOFError: ${words}`, 'EOFError', words));
    });
  }
}

/** Returns whether the source of the code suggests that it reads lines. */
export function callsInput(code: string): boolean {
  return /\binput\s*\(/.test(code);
}
