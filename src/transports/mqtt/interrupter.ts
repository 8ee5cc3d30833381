import { Op } from '../../core/agent/agentProtocol';
import { abortError, systemClock, throwIfAborted } from '../../core/async';
import { asError, TimeoutError } from '../../core/errors';
import type { Disposable } from '../../core/events';
import type { ExecOptions } from '../../core/transport';
import type { AgentClient } from './agentClient';

/** Code that catches KeyboardInterrupt is interrupted again after so long, */
const AGAIN_MS = 1_000;
/** and given up after so many times. */
const ATTEMPTS = 10;

/** Interrupts running code when the caller aborts or nothing is printed for too long, until it has ended. */
export class Interrupter implements Disposable {
  /** Why the code was interrupted, undefined while it was not. */
  reason: Error | undefined;
  readonly #abandon = new AbortController();
  /** Aborted when the code cannot be stopped. */
  readonly abandoned = this.#abandon.signal;
  #timer: Disposable | undefined;
  readonly #onAbort = () => {
    if (this.options.signal) this.#begin(abortError(this.options.signal));
  };

  constructor(
    private readonly client: AgentClient,
    private readonly options: Pick<ExecOptions, 'signal' | 'idleTimeoutMs'>,
  ) {
    throwIfAborted(options.signal);
    options.signal?.addEventListener('abort', this.#onAbort, { once: true });
    this.heard();
  }

  /** Output has come: the time of silence begins anew. */
  heard(): void {
    const ms = this.options.idleTimeoutMs;
    if (ms === undefined || this.reason) return;
    this.#timer?.dispose();
    this.#timer = systemClock.after(ms, () =>
      this.#begin(
        new TimeoutError(`The code printed nothing for ${ms / 1000} s and was interrupted`),
      ),
    );
  }

  dispose(): void {
    this.#timer?.dispose();
    this.options.signal?.removeEventListener('abort', this.#onAbort);
  }

  #begin(reason: Error): void {
    if (this.reason) return;
    this.reason = reason;
    this.#interrupt(1);
  }

  #interrupt(attempt: number): void {
    this.#timer?.dispose();
    if (attempt > ATTEMPTS || !this.client.birth?.caps.has('intr')) {
      this.#abandon.abort(
        new TimeoutError('The code on the board goes on: it could not be interrupted', {
          hint: 'Reset the board to end it.',
        }),
      );
      return;
    }
    this.client
      .request(Op.intr, new Uint8Array(), { signal: this.abandoned })
      .catch((error: unknown) => this.#abandon.abort(asError(error)));
    this.#timer = systemClock.after(AGAIN_MS, () => this.#interrupt(attempt + 1));
  }
}
