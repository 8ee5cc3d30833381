import * as l10n from '@vscode/l10n';
import { Queue } from '../async';
import { CancelledError, UsageError } from '../errors';
import { withEitherNames } from '../python/firmwareNames';
import type { RawRepl } from './rawRepl';
import type { ExecOptions, Session } from '../transport';
import resetSnippet from '../../../board/snippets/reset.py';

/** Code that resets the chip, on MicroPython and CircuitPython. */
export const resetCode: string = withEitherNames(resetSnippet);

/** A session over the raw REPL. Concurrent requests run one after the other. */
export class StreamSession implements Session {
  readonly #queue = new Queue();
  readonly #over = new AbortController();

  /**
   * @param signal aborts everything that this session runs
   * @param entered resolves when the raw REPL has been entered; code waits for it
   */
  constructor(
    private readonly raw: RawRepl,
    private readonly signal?: AbortSignal,
    private readonly entered: Promise<void> = Promise.resolve(),
  ) {}

  async exec(code: string | Uint8Array, options: ExecOptions = {}): Promise<Uint8Array> {
    if (this.#over.signal.aborted) throw new UsageError(l10n.t('This session has ended'));
    const signals = [options.signal, this.signal, this.#over.signal].filter((s) => s !== undefined);
    const signal = AbortSignal.any(signals);
    return await this.#queue.run(async () => {
      await this.entered;
      return this.raw.exec(code, { ...options, signal });
    }, signal);
  }

  /** Sends Ctrl-C to the running code. */
  interrupt(): void {
    this.raw.interrupt();
  }

  /** Ends the session and stops any code that is still running. */
  async end(): Promise<void> {
    this.#over.abort(new CancelledError(l10n.t('The session has ended')));
    await this.#queue.run(
      () => this.entered.catch(() => undefined), // the code that needed it has reported it
    );
  }
}
