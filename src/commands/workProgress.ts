import type { Clock } from '../core/async';
import type { Disposable } from '../core/events';

/** A progress notification that is visible. */
export interface ShownProgress {
  report(message: string | undefined, increment: number | undefined): void;
  close(): void;
}

/**
 * Milliseconds of work after which the progress appears. VS Code drops a message if more than three
 * appear within 800 ms, and progress that comes and goes would use them up.
 */
const WORTH_SHOWING_MS = 300;

/**
 * The progress notification of one command. It appears when work takes a moment and never while a
 * question is open, since it would claim that something unapproved has started.
 */
export class WorkProgress implements Disposable {
  #shown: ShownProgress | undefined;
  #share = 0;
  #last: { readonly message?: string; readonly share: number } = { share: 0 };
  #questions = 0;
  #ended = false;
  #soon: Disposable | undefined;
  /** The command itself works, whatever its boards do. */
  #hasBegun = false;

  constructor(
    private readonly clock: Clock,
    private readonly open: () => ShownProgress,
  ) {}

  /** Starts the work, which is shown unless it ends quickly. */
  begin(): void {
    if (this.#ended || this.#questions > 0) return;
    this.#hasBegun = true;
    this.#showSoon();
  }

  /** Notes that a board has started or stopped working. Long work is shown. */
  working(isWorking: boolean): void {
    if (isWorking) this.#showSoon();
    else if (!this.#hasBegun) this.#forgetSoon();
  }

  /** Reports progress: `done` of `total`, in any unit; begins the work if it has not begun. */
  report(message: string, done?: number, total?: number): void {
    this.begin();
    if (this.#ended || this.#questions > 0) return;
    const share = done !== undefined && total ? (100 * done) / total : this.#last.share;
    this.#last = { message, share };
    this.#tell();
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

  #showSoon(): void {
    if (this.#shown || this.#ended || this.#questions > 0) return;
    this.#soon ??= this.clock.after(WORTH_SHOWING_MS, () => {
      this.#forgetSoon();
      this.#shown = this.open();
      if (this.#last.message !== undefined) this.#tell();
    });
  }

  #tell(): void {
    const { message, share } = this.#last;
    const more = share - this.#share;
    this.#shown?.report(message, more === 0 ? undefined : more);
    if (this.#shown) this.#share = share;
  }

  #close(): void {
    this.#forgetSoon();
    this.#shown?.close();
    this.#shown = undefined;
    this.#share = 0;
    this.#last = { share: 0 };
    this.#hasBegun = false;
  }

  #forgetSoon(): void {
    this.#soon?.dispose();
    this.#soon = undefined;
  }
}
