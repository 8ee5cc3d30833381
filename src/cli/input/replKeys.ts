import { Deferred, Queue, systemClock, type Clock } from '../../core/async';
import { utf8 } from '../../core/bytes';
import { asError, CancelledError } from '../../core/errors';
import type { Disposable } from '../../core/events';
import { LineInput, pasteCode, PasteSplitter } from '../../core/repl';
import type { TerminalStream, Transport } from '../../core/transport';

const CTRL_C = '\x03';
/**
 * Ctrl-], and Ctrl-X for keyboards on which Ctrl-] is hard to type. mpremote ends on the same keys.
 */
const LEAVE = /[\x1d\x18]/; // eslint-disable-line no-control-regex -- keys are what this is about
/**
 * Windows consoles do not mark pastes. Several lines at once, with everything that follows within
 * this many milliseconds, count as one.
 */
const GATHER_MS = 40;
/** Milliseconds that a board may take to show its prompt after a carriage return. */
const PROMPT_MS = 500;

/** Actions of the REPL's control keys. */
export interface ReplWays {
  show(text: string): void;
  leave(): void;
  fail(error: Error): void;
}

/**
 * Sends a terminal's keys to a board's REPL. Pasted code goes through paste mode, so that it
 * arrives unchanged.
 */
export class ReplKeys implements Disposable {
  readonly #splitter = new PasteSplitter();
  readonly #decoder = new TextDecoder();
  readonly #pastes = new Queue();
  readonly #lines: LineInput | undefined;
  #pasting: AbortController | undefined;
  #gathered = '';
  #gathering: Disposable | undefined;

  constructor(
    private readonly transport: Pick<Transport, 'activity' | 'onActivity'>,
    private readonly stream: TerminalStream,
    private readonly ways: ReplWays,
    private readonly clock: Clock = systemClock,
  ) {
    const console = { stream, write: (data: Uint8Array) => stream.write(data) };
    if (stream.lineMode) {
      this.#lines = new LineInput(console, { text: (text) => ways.show(text) }, this.#fail);
    }
  }

  /**
   * Prints the board's output. If lines are edited here, it goes above the line and not into it.
   */
  around(print: () => void): void {
    if (this.#lines) this.#lines.around(print);
    else print();
  }

  input(chunk: Uint8Array): void {
    for (const { kind, text } of this.#splitter.split(
      this.#decoder.decode(chunk, { stream: true }),
    )) {
      if (kind === 'paste') this.#paste(text);
      else if (this.#gathering || isSeveralLines(text)) this.#gather(text);
      else this.#keys(text);
    }
  }

  dispose(): void {
    this.#gathering?.dispose();
    this.#pasting?.abort(new CancelledError());
  }

  #gather(text: string): void {
    this.#gathering?.dispose();
    this.#gathered += text;
    this.#gathering = this.clock.after(GATHER_MS, () => {
      const whole = this.#gathered;
      this.#gathered = '';
      this.#gathering = undefined;
      this.#paste(whole);
    });
  }

  #keys(text: string): void {
    if (LEAVE.test(text)) {
      this.ways.leave();
      return;
    }
    if (text.includes(CTRL_C)) this.#pasting?.abort(new CancelledError());
    const send = () => this.#send(text);
    // A key must not get into the pasted text. Ctrl-C ends the paste.
    const waits = this.#pastes.length > 0 && !text.includes(CTRL_C);
    (waits ? this.#pastes.run(send) : send()).catch(this.#fail);
  }

  #send(text: string): Promise<void> {
    const keys = text.replace(/\r?\n/g, '\r');
    return this.#lines ? this.#lines.input(keys) : this.stream.write(utf8(keys));
  }

  #paste(text: string): void {
    this.#pastes.run(() => this.#pasteNow(text)).catch(this.#fail);
  }

  async #pasteNow(text: string): Promise<void> {
    // A program that reads its input receives a paste like typed text.
    if (!isSeveralLines(text) || !(await this.#atPrompt())) {
      await this.#send(text);
      return;
    }
    const { lineMode } = this.stream;
    if (lineMode) {
      await lineMode.paste(text);
      return;
    }
    const pasting = new AbortController();
    this.#pasting = pasting;
    try {
      await pasteCode(this.stream, text, { signal: pasting.signal });
    } catch (error) {
      if (!(error instanceof CancelledError)) throw error;
    } finally {
      this.#pasting = undefined;
    }
  }

  /**
   * Returns whether the board is at its prompt. If it has printed nothing yet, sends a carriage return to
   * find out.
   */
  async #atPrompt(): Promise<boolean> {
    if (this.transport.activity === 'unknown') {
      const known = new Deferred<undefined>();
      const subscription = this.transport.onActivity((activity) => {
        if (activity === 'idle') known.resolve(undefined);
      });
      const timer = this.clock.after(PROMPT_MS, () => known.resolve(undefined));
      await this.stream.write(utf8('\r'));
      await known.promise;
      timer.dispose();
      subscription.dispose();
    }
    return this.transport.activity === 'idle';
  }

  readonly #fail = (error: unknown) => this.ways.fail(asError(error));
}

function isSeveralLines(text: string): boolean {
  return /[\r\n][^\r\n]/.test(text);
}
