import { abortable, Deferred, type Clock } from '../async';

/**
 * After this pause without a key, in milliseconds, the user is assumed to have abandoned the line.
 */
const PAUSE_MS = 3000;

/** Keys that leave the prompt's line empty: Enter, Ctrl-C, Ctrl-D. */
const LINE_ENDS = new Set([0x0d, 0x0a, 0x03, 0x04]);

/** Whether the user is typing a line at the prompt. Background work must not destroy that line. */
export class Typing {
  #last = 0;
  #open = false;
  #key = new Deferred<undefined>();

  constructor(private readonly clock: Clock) {}

  /** Records keys sent to the board. */
  typed(data: Uint8Array): void {
    const end = data.at(-1);
    if (end === undefined) return;
    this.#open = !LINE_ENDS.has(end);
    this.#last = this.clock.now();
    this.#key.resolve(undefined);
    this.#key = new Deferred();
  }

  /** Resolves when no line is being typed. */
  async over(signal?: AbortSignal): Promise<void> {
    while (this.#open) {
      const left = PAUSE_MS - (this.clock.now() - this.#last);
      if (left <= 0) return;
      const paused = new Deferred<undefined>();
      const timer = this.clock.after(left, () => paused.resolve(undefined));
      try {
        await abortable(Promise.race([paused.promise, this.#key.promise]), signal);
      } finally {
        timer.dispose();
      }
    }
  }
}
