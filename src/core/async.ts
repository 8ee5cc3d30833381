import { CancelledError } from './errors';

/** A promise that can be resolved from outside (Node 20 lacks Promise.withResolvers). */
export class Deferred<T> {
  resolve!: (value: T | PromiseLike<T>) => void;
  reject!: (error: unknown) => void;
  readonly promise = new Promise<T>((resolve, reject) => {
    this.resolve = resolve;
    this.reject = reject;
  });
}

/**
 * Declares that the failure of `promise` is reported later, where the promise is awaited. Node ends
 * the process if a promise fails before anything waits for it.
 */
export function awaitedLater(promise: Promise<unknown>): void {
  promise.catch(() => undefined);
}

/**
 * Throws if `signal` is aborted: its reason if that is a FleetError, else {@link CancelledError}.
 */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw abortError(signal);
}

/**
 * Returns the error for an aborted signal: its reason if that is a FleetError, else CancelledError.
 */
export function abortError(signal: AbortSignal): Error {
  const reason: unknown = signal.reason;
  return reason instanceof Error && reason.name !== 'AbortError' ? reason : new CancelledError();
}

/**
 * Waits for `promise`, but rejects as soon as `signal` is aborted. This does not stop the work
 * behind the promise.
 */
export async function abortable<T>(promise: Promise<T>, signal?: AbortSignal): Promise<T> {
  if (!signal) return promise;
  awaitedLater(promise); // it may fail after the abort, when nothing waits for it any more
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

/** Resolves when `signal` is aborted. */
export async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const done = new Deferred<undefined>();
  signal.addEventListener('abort', () => done.resolve(undefined), { once: true });
  await done.promise;
}

/** Runs tasks one at a time, in the order they were added. A failed task does not stop the next. */
export class Queue {
  #tail: Promise<unknown> = Promise.resolve();
  #length = 0;

  /** Number of tasks that are waiting or running. */
  get length(): number {
    return this.#length;
  }

  /** Runs `work` after all earlier tasks. Aborting removes it if it has not started. */
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

/**
 * Works on items in their order, on at most `lanes` of them at a time. Rejects with the first error; work that has begun continues.
 */
export async function inLanes<T>(
  items: readonly T[],
  lanes: number,
  work: (item: T, index: number) => Promise<void>,
): Promise<void> {
  const left = items.entries();
  const lane = async () => {
    for (const [index, item] of left) await work(item, index);
  };
  await Promise.all(Array.from({ length: Math.min(lanes, items.length) }, lane));
}

/** The source of time for all code; tests inject their own. */
export interface Clock {
  /** Milliseconds, monotonic. */
  now(): number;
  /** Calls `action` once after `ms` milliseconds; disposing cancels it. */
  after(ms: number, action: () => void): { dispose(): void };
}

/** The system clock. */
export const systemClock: Clock = {
  now: () => performance.now(),
  after: (ms, action) => {
    const timer = setTimeout(action, ms);
    return { dispose: () => clearTimeout(timer) };
  },
};

/**
 * Waits for `promise`, but resolves with `otherwise` after `ms` milliseconds. This does not stop the
 * work behind the promise. @throws CancelledError when `signal` is aborted before
 */
export async function within<T>(
  clock: Clock,
  ms: number,
  promise: Promise<T>,
  otherwise: T,
  signal?: AbortSignal,
): Promise<T> {
  const over = new Deferred<T>();
  const timer = clock.after(ms, () => over.resolve(otherwise));
  try {
    return await abortable(Promise.race([promise, over.promise]), signal);
  } finally {
    timer.dispose();
  }
}

/** Resolves after `ms` milliseconds. @throws CancelledError when `signal` is aborted before */
export async function delay(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  const over = new Deferred<undefined>();
  const timer = clock.after(ms, () => over.resolve(undefined));
  try {
    await abortable(over.promise, signal);
  } finally {
    timer.dispose();
  }
}
