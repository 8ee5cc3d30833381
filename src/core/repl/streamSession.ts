import { Queue } from '../async';
import { CancelledError, UsageError } from '../errors';
import type { RawRepl } from './rawRepl';
import type { ExecOptions, Session } from '../transport';
import resetSnippet from '../../../board/snippets/reset.py';

/** Resets the chip, on MicroPython and CircuitPython. */
export const resetCode: string = resetSnippet;

/** A session over the raw REPL. What is asked for at the same time is done one after the other. */
export class StreamSession implements Session {
  readonly #queue = new Queue();
  readonly #over = new AbortController();

  /** @param signal aborts whatever this session runs. @param entered the raw REPL is there; code waits for it */
  constructor(
    private readonly raw: RawRepl,
    private readonly signal?: AbortSignal,
    private readonly entered: Promise<void> = Promise.resolve(),
  ) {}

  async exec(code: string | Uint8Array, options: ExecOptions = {}): Promise<Uint8Array> {
    if (this.#over.signal.aborted) throw new UsageError('This session has ended');
    const signals = [options.signal, this.signal, this.#over.signal].filter((s) => s !== undefined);
    const signal = AbortSignal.any(signals);
    return await this.#queue.run(async () => {
      await this.entered;
      return this.raw.exec(code, { ...options, signal });
    }, signal);
  }

  /** Ctrl-C for the code that runs. */
  interrupt(): void {
    this.raw.interrupt();
  }

  /** Ends the session: what its owner has left running is stopped. */
  async end(): Promise<void> {
    this.#over.abort(new CancelledError('The session has ended'));
    await this.#queue.run(
      () => this.entered.catch(() => undefined), // it has been told by the code that needed it
    );
  }
}
