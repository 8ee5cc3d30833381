import { abortable, abortError, Deferred, systemClock, type Clock } from '../async';
import { asError, CancelledError, TimeoutError } from '../errors';

/** How many boards are worked on at once unless the caller says otherwise. */
export const DEFAULT_CONCURRENCY = 32;

/** How long a work that was called off may take to bring its board back to the prompt before it is left behind. */
const GRACE_MS = 3_000;

/** How the work ended for one board. `ms` is the time the board took, without waiting for its turn. */
export type Outcome<B, T> =
  | { readonly board: B; readonly status: 'ok'; readonly value: T; readonly ms: number }
  | { readonly board: B; readonly status: 'failed'; readonly error: Error; readonly ms: number }
  /** Called off by the user, before or while it ran. */
  | { readonly board: B; readonly status: 'cancelled'; readonly ms: number };

/** What happens to one board, as it happens. */
export type JobProgress<B, T> = { readonly board: B; readonly status: 'running' } | Outcome<B, T>;

export interface JobOptions<B, T> {
  /** Boards at once; {@link DEFAULT_CONCURRENCY} unless given. */
  readonly concurrency?: number;
  /** A board that takes longer (counted from its turn) fails with TimeoutError; default: no limit. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: JobProgress<B, T>) => void;
  readonly clock?: Clock;
}

/**
 * Does one work on many boards, several at once. Never rejects: one dead board spoils nothing. The outcomes are in the
 * order of `boards`, one for each.
 */
export async function forEachBoard<B, T>(
  boards: readonly B[],
  work: (board: B, signal: AbortSignal) => Promise<T>,
  options: JobOptions<B, T> = {},
): Promise<Outcome<B, T>[]> {
  const outcomes = new Array<Outcome<B, T>>(boards.length);
  let next = 0;
  const lane = async () => {
    for (let i = next++; i < boards.length; i = next++) {
      const board = boards[i] as B;
      const outcome = await one(board, work, options);
      outcomes[i] = outcome;
      options.onProgress?.(outcome);
    }
  };
  const lanes = Math.max(1, Math.min(options.concurrency ?? DEFAULT_CONCURRENCY, boards.length));
  await Promise.all(Array.from({ length: lanes }, lane));
  return outcomes;
}

async function one<B, T>(
  board: B,
  work: (board: B, signal: AbortSignal) => Promise<T>,
  options: JobOptions<B, T>,
): Promise<Outcome<B, T>> {
  if (options.signal?.aborted) return { board, status: 'cancelled', ms: 0 };
  const clock = options.clock ?? systemClock;
  const start = clock.now();
  const ms = () => Math.round(clock.now() - start);
  const limit = new AbortController();
  const timer =
    options.timeoutMs === undefined
      ? undefined
      : clock.after(options.timeoutMs, () => limit.abort(tooSlow(options.timeoutMs ?? 0)));
  const signal = options.signal ? AbortSignal.any([limit.signal, options.signal]) : limit.signal;
  options.onProgress?.({ board, status: 'running' });
  try {
    const value = await withGrace(() => work(board, signal), signal, clock);
    return { board, status: 'ok', value, ms: ms() };
  } catch (caught) {
    // What the signal was aborted for says more than what the work made of it.
    const error = signal.aborted ? abortError(signal) : asError(caught);
    if (error instanceof CancelledError) return { board, status: 'cancelled', ms: ms() };
    return { board, status: 'failed', error, ms: ms() };
  } finally {
    timer?.dispose();
  }
}

/** The work's result; once called off it has {@link GRACE_MS} to end by itself, since a link may hang for ever. */
async function withGrace<T>(work: () => Promise<T>, signal: AbortSignal, clock: Clock): Promise<T> {
  const leave = new AbortController();
  let grace: { dispose(): void } | undefined;
  const onAbort = () => {
    grace = clock.after(GRACE_MS, () => leave.abort(abortError(signal)));
  };
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    const started = new Deferred<T>();
    work().then(
      (value) => started.resolve(value),
      (error: unknown) => started.reject(error),
    );
    return await abortable(started.promise, leave.signal);
  } finally {
    signal.removeEventListener('abort', onAbort);
    grace?.dispose();
  }
}

function tooSlow(ms: number): TimeoutError {
  return new TimeoutError(`Did not finish within ${ms / 1000} s`, {
    hint: 'Give it more time, or find out what keeps the board busy.',
  });
}

/** The boards to run again: all that failed or were called off. */
export function unfinished<B, T>(outcomes: readonly Outcome<B, T>[]): B[] {
  return outcomes.filter((o) => o.status !== 'ok').map((o) => o.board);
}
