import { CancelledError } from './errors';

/** A promise with its resolvers outside (Promise.withResolvers is not in Node 20). */
export class Deferred<T> {
  resolve!: (value: T | PromiseLike<T>) => void;
  reject!: (error: unknown) => void;
  readonly promise = new Promise<T>((resolve, reject) => {
    this.resolve = resolve;
    this.reject = reject;
  });
}

/** Throws {@link CancelledError} when `signal` has been aborted (a FleetError given as its reason is thrown as it is). */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw abortError(signal);
}

/** The error that an aborted signal stands for. */
export function abortError(signal: AbortSignal): Error {
  const reason: unknown = signal.reason;
  return reason instanceof Error && reason.name !== 'AbortError' ? reason : new CancelledError();
}

/** `promise`, or the abort error as soon as `signal` is aborted. The promise itself is not stopped by that. */
export async function abortable<T>(promise: Promise<T>, signal?: AbortSignal): Promise<T> {
  if (!signal) return promise;
  throwIfAborted(signal);
  const aborted = new Deferred<never>();
  const onAbort = () => aborted.reject(abortError(signal));
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** Runs works one after the other, in the order they came; one that fails does not stop the next. */
export class Queue {
  #tail: Promise<unknown> = Promise.resolve();
  #length = 0;

  /** How many works wait or run. */
  get length(): number {
    return this.#length;
  }

  /** Runs `work` after all that came before. Aborting while it waits removes it without running. */
  async run<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    this.#length++;
    const before = this.#tail;
    const done = new Deferred<undefined>();
    this.#tail = before.then(() => done.promise);
    try {
      await abortable(before, signal);
      return await work();
    } finally {
      this.#length--;
      done.resolve(undefined);
    }
  }
}

/** Time as the product sees it; tests inject their own. */
export interface Clock {
  /** Milliseconds, monotonic. */
  now(): number;
  /** Calls `action` once after `ms`; disposing calls it off. */
  after(ms: number, action: () => void): { dispose(): void };
}

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => performance.now(),
  after: (ms, action) => {
    const timer = setTimeout(action, ms);
    return { dispose: () => clearTimeout(timer) };
  },
};
