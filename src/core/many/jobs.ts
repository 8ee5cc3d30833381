import * as l10n from '@vscode/l10n';
import { abortable, abortError, Deferred, inLanes, systemClock, type Clock } from '../async';
import { asError, CancelledError, TimeoutError } from '../errors';

/** Default number of boards to work on at the same time. */
export const DEFAULT_CONCURRENCY = 32;

/**
 * Milliseconds that a cancelled job gets to return its board to the prompt before it is abandoned.
 */
const GRACE_MS = 3_000;

/** Outcome for one board. `ms` excludes the wait for its turn. */
export type Outcome<B, T> =
  | { readonly board: B; readonly status: 'ok'; readonly value: T; readonly ms: number }
  | { readonly board: B; readonly status: 'failed'; readonly error: Error; readonly ms: number }
  /** Cancelled by the user before or while it ran. */
  | { readonly board: B; readonly status: 'cancelled'; readonly ms: number };

/** Events for one board as they happen. */
export type JobProgress<B, T> = { readonly board: B; readonly status: 'running' } | Outcome<B, T>;

/** How work is spread over boards. */
export interface JobOptions<B, T> {
  /** Number of parallel boards; default {@link DEFAULT_CONCURRENCY}. */
  readonly concurrency?: number;
  /**
   * A board that takes longer, counted from its turn, fails with TimeoutError; default: no limit.
   */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: JobProgress<B, T>) => void;
  readonly clock?: Clock;
}

/**
 * Runs one work function on many boards in parallel. Never rejects, so one dead board does not
 * affect the others. The outcomes are in the order of `boards`.
 */
export async function forEachBoard<B, T>(
  boards: readonly B[],
  work: (board: B, signal: AbortSignal) => Promise<T>,
  options: JobOptions<B, T> = {},
): Promise<Outcome<B, T>[]> {
  const outcomes = new Array<Outcome<B, T>>(boards.length);
  const lanes = Math.max(1, options.concurrency ?? DEFAULT_CONCURRENCY);
  await inLanes(boards, lanes, async (board, i) => {
    const outcome = await one(board, work, options);
    outcomes[i] = outcome;
    options.onProgress?.(outcome);
  });
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
    // The reason for aborting is more helpful than the error that it caused.
    const error = signal.aborted ? abortError(signal) : asError(caught);
    if (error instanceof CancelledError) return { board, status: 'cancelled', ms: ms() };
    return { board, status: 'failed', error, ms: ms() };
  } finally {
    timer?.dispose();
  }
}

/**
 * Returns the work's result. After cancellation it gets {@link GRACE_MS} to finish, because a link
 * may hang.
 */
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
  return new TimeoutError(l10n.t('Did not finish within {0} s', ms / 1000), {
    hint: l10n.t('Allow more time, or find out what keeps the board busy.'),
  });
}

/** Returns the boards to run again: all that failed or were cancelled. */
export function unfinished<B, T>(outcomes: readonly Outcome<B, T>[]): B[] {
  return outcomes.filter((o) => o.status !== 'ok').map((o) => o.board);
}
