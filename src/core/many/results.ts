import { FleetError, PythonError } from '../errors';
import type { Outcome } from './jobs';

/** What went wrong on one board, as plain data (for views, history, JSON). */
export interface ResultError {
  /** FleetError.code, or `error` for anything else. */
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly traceback?: string;
}

export type ResultStatus = 'waiting' | 'running' | Outcome<unknown, unknown>['status'];

/** What one board answered to one job. Output is text from a board: shown escaped, never interpreted. */
export interface BoardResult {
  /** The board's name; `id` tells boards of the same name apart. */
  readonly board: string;
  readonly id: string;
  readonly status: ResultStatus;
  /** Milliseconds the board took; undefined until it has ended. */
  readonly ms?: number;
  readonly output: string;
  /** What a verb gives besides output (a listing, a hash, facts of the board). */
  readonly value?: unknown;
  readonly error?: ResultError;
}

/** `error` as plain data. */
export function resultError(error: Error): ResultError {
  return {
    code: error instanceof FleetError ? error.code : 'error',
    message: error.message,
    ...(error instanceof FleetError && error.hint !== undefined ? { hint: error.hint } : {}),
    ...(error instanceof PythonError ? { traceback: error.traceback } : {}),
  };
}

/** The result of an outcome; `output` is what the board printed, also before it failed. */
export function resultOf<B>(
  outcome: Outcome<B, unknown>,
  who: { readonly board: string; readonly id: string },
  output: string,
): BoardResult {
  return {
    board: who.board,
    id: who.id,
    status: outcome.status,
    ms: outcome.ms,
    output,
    ...(outcome.status === 'ok' && outcome.value !== undefined ? { value: outcome.value } : {}),
    ...(outcome.status === 'failed' ? { error: resultError(outcome.error) } : {}),
  };
}

/** Results that are the same but for the board and the time it took. */
export interface ResultFold {
  readonly status: ResultStatus;
  readonly output: string;
  readonly error?: ResultError;
  readonly results: readonly BoardResult[];
}

/** Puts equal answers together; the one that most boards gave comes first, equal counts in the order they came. */
export function foldResults(results: readonly BoardResult[]): ResultFold[] {
  const folds = new Map<string, BoardResult[]>();
  for (const result of results) {
    const key = JSON.stringify([result.status, result.output, errorKey(result), result.value]);
    const same = folds.get(key);
    if (same) same.push(result);
    else folds.set(key, [result]);
  }
  return [...folds.values()]
    .sort((a, b) => b.length - a.length)
    .map((same) => {
      const [first] = same as [BoardResult];
      return { status: first.status, output: first.output, error: first.error, results: same };
    });
}

/** Messages name the board ("no answer from kitchen"): that alone does not make two failures differ. */
function errorKey(result: BoardResult): unknown {
  const { error } = result;
  if (!error) return undefined;
  const escaped = result.board.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const name = new RegExp(`(?<![\\w-])${escaped}(?![\\w-])`, 'g');
  const nameless = (text: string | undefined) => text?.replace(name, '\0');
  return [error.code, nameless(error.message), error.traceback];
}

export type ResultCounts = Readonly<Record<ResultStatus, number>>;

/** How many boards are in which state. */
export function countResults(results: readonly BoardResult[]): ResultCounts {
  const counts = { waiting: 0, running: 0, ok: 0, failed: 0, cancelled: 0 };
  for (const { status } of results) counts[status]++;
  return counts;
}

/** One line for the whole job: `997 boards: same; 3 differ`, `2 of 3 done; kitchen: no space left`. */
export function summarize(results: readonly BoardResult[]): string {
  const counts = countResults(results);
  const open = counts.waiting + counts.running;
  const notOk = results.filter((r) => r.status === 'failed' || r.status === 'cancelled');
  const answers = foldResults(results.filter((r) => r.status === 'ok'));
  const parts: string[] = [];
  if (open > 0 || notOk.length > 0) parts.push(`${counts.ok} of ${boards(results.length)} done`);
  if (open > 0) parts.push(`${open} to go`);
  if (counts.ok > 0 && answers[0]) parts.push(agreement(answers[0].results.length, counts.ok));
  for (const r of notOk.slice(0, NAMED_FAILURES)) {
    parts.push(`${r.board}: ${r.error?.message ?? 'cancelled'}`);
  }
  if (notOk.length > NAMED_FAILURES) parts.push(`${notOk.length - NAMED_FAILURES} more failed`);
  return parts.join('; ');
}

/** Failures that a one-line summary names; the results list them all. */
const NAMED_FAILURES = 3;

function agreement(same: number, answered: number): string {
  if (answered === 1) return '1 board answered';
  if (same === 1) return `${boards(answered)}: all differ`;
  const differ = answered - same;
  if (differ === 0) return `${boards(same)}: same`;
  return `${boards(same)}: same; ${differ} ${differ === 1 ? 'differs' : 'differ'}`;
}

function boards(n: number): string {
  return n === 1 ? '1 board' : `${n} boards`;
}
