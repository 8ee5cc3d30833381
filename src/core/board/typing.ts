import { abortable, Deferred, type Clock } from '../async';

/** Who has typed nothing for so long has left the line. */
const PAUSE_MS = 3000;

/** Keys after which nothing of a line is left at the prompt: Enter, Ctrl-C, Ctrl-D. */
const LINE_ENDS = new Set([0x0d, 0x0a, 0x03, 0x04]);

/** Whether the user is in the middle of a line at the prompt, which work that nobody has asked for must not take away. */
export class Typing {
  #last = 0;
  #open = false;
  #key = new Deferred<undefined>();

  constructor(private readonly clock: Clock) {}

  /** Keys have been sent to the board. */
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
