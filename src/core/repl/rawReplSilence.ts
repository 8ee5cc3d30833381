import type { Clock } from '../async';
import { ConnectionLostError, TimeoutError } from '../errors';

/** After this silence a frame that a thread has printed into is taken to be over. */
const SETTLE_MS = 1000;

/** The code that is watched. */
interface Watched {
  /** Whether what has come is the whole of it after all. */
  readonly settle: () => boolean;
  /** What it printed last is what a board says after a reset. */
  readonly endsInBanner: () => boolean;
  readonly fail: (error: Error) => void;
  readonly stop: (error: Error) => void;
}

/** Time is counted from the last progress, and only where the board owes an answer. */
export class SilenceWatch {
  #timer: { dispose(): void } | undefined;

  /** @param idleMs code that runs may be silent for so long; undefined: for ever */
  constructor(
    private readonly line: { readonly clock: Clock; readonly answerMs: number },
    private readonly idleMs: number | undefined,
    private readonly code: Watched,
  ) {}

  dispose(): void {
    this.#timer?.dispose();
  }

  /** From now: the board must answer a step of the protocol. */
  forAnswer(step: string): void {
    this.#set(this.line.answerMs, () =>
      this.code.fail(
        new TimeoutError(`The board stopped answering while code was sent to it (${step})`, {
          hint: 'Check the cable; reset the board if it does not come back.',
        }),
      ),
    );
  }

  /** From now: code runs, which may print or not. */
  whileRunning(): void {
    this.#set(Math.min(SETTLE_MS, this.idleMs ?? Infinity), () => this.#onSilence(SETTLE_MS));
  }

  /** Nothing has come for `silentMs` since the last byte. */
  #onSilence(silentMs: number): void {
    if (this.code.settle()) return;
    if (this.code.endsInBanner()) {
      this.code.fail(
        new ConnectionLostError('The board was reset while its code ran', {
          hint: 'A crash, a watchdog or a power dip can be the cause; try again.',
        }),
      );
      return;
    }
    const idle = this.idleMs;
    if (idle === undefined) return;
    if (silentMs >= idle) {
      this.code.stop(new TimeoutError(`The board printed nothing for ${idle / 1000} s`));
      return;
    }
    this.#set(idle - silentMs, () => this.#onSilence(idle));
  }

  #set(ms: number, then: () => void): void {
    this.#timer?.dispose();
    this.#timer = this.line.clock.after(ms, then);
  }
}
