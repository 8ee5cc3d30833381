import * as l10n from '@vscode/l10n';
import type { Clock } from '../async';
import { ConnectionLostError, TimeoutError } from '../errors';

/** Milliseconds of silence after which a frame that a thread printed into counts as complete. */
const SETTLE_MS = 1000;

/** The code being watched. */
interface Watched {
  /** Returns whether the received bytes are complete after all. */
  readonly settle: () => boolean;
  /** Whether the last output is what a board prints after a reset. */
  readonly endsInBanner: () => boolean;
  readonly fail: (error: Error) => void;
  readonly stop: (error: Error) => void;
}

/** Measures the time since the last progress, but only while the board owes an answer. */
export class SilenceWatch {
  #timer: { dispose(): void } | undefined;

  /** @param idleMs longest silence of running code in milliseconds; undefined: unlimited */
  constructor(
    private readonly line: { readonly clock: Clock; readonly answerMs: number },
    private readonly idleMs: number | undefined,
    private readonly code: Watched,
  ) {}

  /** Ends the watch: silence no longer matters. */
  dispose(): void {
    this.#timer?.dispose();
  }

  /** Watches a step of the protocol, which the board must answer. */
  forAnswer(step: string): void {
    this.#set(this.line.answerMs, () =>
      this.code.fail(
        new TimeoutError(
          l10n.t('The board stopped answering while code was being sent ({0})', step),
          {
            hint: l10n.t('Check the cable; reset the board if it does not come back.'),
          },
        ),
      ),
    );
  }

  /** Watches running code, which may or may not print. */
  whileRunning(): void {
    this.#set(Math.min(SETTLE_MS, this.idleMs ?? Infinity), () => this.#onSilence(SETTLE_MS));
  }

  /** Handles `silentMs` without a byte. */
  #onSilence(silentMs: number): void {
    if (this.code.settle()) return;
    if (this.code.endsInBanner()) {
      this.code.fail(
        new ConnectionLostError(l10n.t('The board was reset while its code ran'), {
          hint: l10n.t(
            'It may have crashed, lost power, or been reset by its watchdog; try again.',
          ),
        }),
      );
      return;
    }
    const idle = this.idleMs;
    if (idle === undefined) return;
    if (silentMs >= idle) {
      this.code.stop(new TimeoutError(l10n.t('The board printed nothing for {0} s', idle / 1000)));
      return;
    }
    this.#set(idle - silentMs, () => this.#onSilence(idle));
  }

  #set(ms: number, then: () => void): void {
    this.#timer?.dispose();
    this.#timer = this.line.clock.after(ms, then);
  }
}
