import { Deferred, abortable, type Clock } from '../async';

/** Waits until a condition holds that bytes from the board may fulfil. One wait at a time. */
export class ByteWait {
  #waiter: { check: () => boolean; done: Deferred<boolean> } | undefined;
  #failure: Error | undefined;

  constructor(private readonly clock: Clock) {}

  /** Call this after bytes have been processed. */
  evaluate(): void {
    if (this.#waiter?.check()) this.#waiter.done.resolve(true);
  }

  /** Rejects this wait and all later ones, because the link has ended. */
  fail(error: Error): void {
    this.#failure = error;
    this.#waiter?.done.reject(error);
  }

  /** Returns whether `check` became true within `ms` milliseconds. */
  async until(check: () => boolean, ms: number, signal?: AbortSignal): Promise<boolean> {
    if (this.#failure) throw this.#failure;
    if (check()) return true;
    const done = new Deferred<boolean>();
    this.#waiter = { check, done };
    const timer = this.clock.after(ms, () => done.resolve(false));
    try {
      return await abortable(done.promise, signal);
    } finally {
      timer.dispose();
      this.#waiter = undefined;
    }
  }
}
