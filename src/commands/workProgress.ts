import type { Clock } from '../core/async';
import type { Disposable } from '../core/events';

/** A progress notification that is visible. */
export interface ShownProgress {
  report(message: string | undefined, increment: number | undefined): void;
  close(): void;
}

/**
 * Milliseconds after which a busy board shows the progress, even if the command reports nothing.
 */
const WORTH_SHOWING_MS = 300;

/**
 * The progress notification of one command. It appears when work starts and never while a question
 * is open, since it would claim that something unapproved has started.
 */
export class WorkProgress implements Disposable {
  #shown: ShownProgress | undefined;
  #share = 0;
  #questions = 0;
  #ended = false;
  #soon: Disposable | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly open: () => ShownProgress,
  ) {}

  /** Shows the progress, after the last question is answered. */
  begin(): void {
    this.#forgetSoon();
    if (this.#ended || this.#questions > 0 || this.#shown) return;
    this.#share = 0;
    this.#shown = this.open();
  }

  /** A board has started or stopped working; long work is shown. */
  working(isWorking: boolean): void {
    if (!isWorking) this.#forgetSoon();
    else if (!this.#shown && !this.#ended && this.#questions === 0) {
      this.#soon ??= this.clock.after(WORTH_SHOWING_MS, () => this.begin());
    }
  }

  /** `done` of `total`, in any unit; shows the progress if it is not on the screen yet. */
  report(message: string, done?: number, total?: number): void {
    this.begin();
    const share = done !== undefined && total ? (100 * done) / total : undefined;
    this.#shown?.report(message, share === undefined ? undefined : share - this.#share);
    if (share !== undefined) this.#share = share;
  }

  /** Hides the progress while `question` is open. It reappears with the work. */
  async during<T>(question: () => PromiseLike<T>): Promise<T> {
    this.#questions++;
    this.#close();
    try {
      return await question();
    } finally {
      this.#questions--;
    }
  }

  dispose(): void {
    this.#ended = true;
    this.#close();
  }

  #close(): void {
    this.#forgetSoon();
    this.#shown?.close();
    this.#shown = undefined;
  }

  #forgetSoon(): void {
    this.#soon?.dispose();
    this.#soon = undefined;
  }
}
