import * as l10n from '@vscode/l10n';
import { Op } from '../../core/agent';
import { abortError, systemClock, throwIfAborted } from '../../core/async';
import { asError, TimeoutError } from '../../core/errors';
import type { Disposable } from '../../core/events';
import { Patience } from '../../core/repl';
import type { ExecOptions } from '../../core/transport';
import type { AgentClient } from './agentClient';

/**
 * Milliseconds after which code that ignored the first interrupt, and had time to clean up, is
 * interrupted again.
 */
const AGAIN_MS = 1_000;
/** Interrupts sent before the client gives up. */
const ATTEMPTS = 10;

/**
 * Interrupts running code until it ends, when the caller aborts or the code is silent for too long.
 */
export class Interrupter implements Disposable {
  /** Why the code was interrupted; undefined if it was not. */
  reason: Error | undefined;
  readonly #abandon = new AbortController();
  /** Aborted when the code cannot be stopped. */
  readonly abandoned = this.#abandon.signal;
  #timer: Disposable | undefined;
  #patience: Patience | undefined;
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

  /** Restarts the silence timer, because output has arrived. */
  heard(): void {
    this.#patience?.heard();
    const ms = this.options.idleTimeoutMs;
    if (ms === undefined || this.reason) return;
    this.#timer?.dispose();
    this.#timer = systemClock.after(ms, () =>
      this.#begin(
        new TimeoutError(
          l10n.t('The code printed nothing for {0} s and was interrupted', ms / 1000),
        ),
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
        new TimeoutError(
          l10n.t('The code is still running on the board: it could not be interrupted'),
          {
            hint: l10n.t('Reset the board to stop it.'),
          },
        ),
      );
      return;
    }
    this.client
      .request(Op.intr, new Uint8Array(), { signal: this.abandoned })
      .catch((error: unknown) => this.#abandon.abort(asError(error)));
    if (attempt === 1) {
      this.#patience = new Patience(systemClock);
      this.#whenOver(this.#patience);
    } else this.#timer = systemClock.after(AGAIN_MS, () => this.#interrupt(attempt + 1));
  }

  /** Sends a second interrupt only when the code shows no more progress, because it would end the code's clean-up. */
  #whenOver(patience: Patience): void {
    if (patience.leftMs <= 0) this.#interrupt(2);
    else this.#timer = systemClock.after(patience.leftMs, () => this.#whenOver(patience));
  }
}
