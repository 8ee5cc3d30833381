import * as l10n from '@vscode/l10n';
import { FleetError, PythonError } from '../errors';
import type { Outcome } from './jobs';

/** An error on one board as plain data (for views, history, JSON). */
export interface ResultError {
  /** FleetError.code, or `error` for anything else. */
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly traceback?: string;
}

export type ResultStatus = 'waiting' | 'running' | Outcome<unknown, unknown>['status'];

/** One board's answer to one job. Output is text from a board: shown escaped, never interpreted. */
export interface BoardResult {
  /** The board's name; `id` distinguishes boards with the same name. */
  readonly board: string;
  readonly id: string;
  readonly status: ResultStatus;
  /** Milliseconds that the board took; undefined until it has finished. */
  readonly ms?: number;
  readonly output: string;
  /** Fraction done, 0 to 1, while it runs; undefined if unknown. */
  readonly progress?: number;
  /** Start time in milliseconds since 1970, while it runs. */
  readonly since?: number;
  /** Why nothing was done on a board with status `cancelled`; undefined: the user cancelled. */
  readonly untouched?: 'notReached' | 'skipped';
  /** A verb's result other than output (a listing, a hash, facts of the board). */
  readonly value?: unknown;
  readonly error?: ResultError;
}

/** Converts an error to plain data. */
export function resultError(error: Error): ResultError {
  return {
    code: error instanceof FleetError ? error.code : 'error',
    message: error.message,
    ...(error instanceof FleetError && error.hint !== undefined ? { hint: error.hint } : {}),
    ...(error instanceof PythonError ? { traceback: error.traceback } : {}),
  };
}

/** Converts an outcome; `output` is what the board printed, even if it failed afterwards. */
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

/** Results that differ only in board and duration. */
export interface ResultFold {
  readonly status: ResultStatus;
  readonly output: string;
  readonly error?: ResultError;
  readonly results: readonly BoardResult[];
}

/** Groups equal answers, the most frequent first; equal counts stay in order of arrival. */
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

/**
 * Messages name the board ("no answer from kitchen"), which alone does not make two failures
 * different.
 */
function errorKey(result: BoardResult): unknown {
  const { error } = result;
  if (!error) return undefined;
  const escaped = result.board.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const name = new RegExp(`(?<![\\w-])${escaped}(?![\\w-])`, 'g');
  const nameless = (text: string | undefined) => text?.replace(name, '\0');
  return [error.code, nameless(error.message), error.traceback];
}

export type ResultCounts = Readonly<Record<ResultStatus, number>>;

/** Counts boards by status. */
export function countResults(results: readonly BoardResult[]): ResultCounts {
  const counts = { waiting: 0, running: 0, ok: 0, failed: 0, cancelled: 0 };
  for (const { status } of results) counts[status]++;
  return counts;
}

/**
 * Returns one line for the whole job: `8 boards done: same answer on 7, another on kit-03`, `2 of 3 boards
 * done; kitchen failed: no space left`.
 */
export function summarize(results: readonly BoardResult[]): string {
  const counts = countResults(results);
  const open = counts.waiting + counts.running;
  const notOk = results.filter((r) => r.status === 'failed' || r.status === 'cancelled');
  const done =
    open > 0 || notOk.length > 0
      ? l10n.t('{0} of {1} done', counts.ok, boards(results.length))
      : l10n.t('{0} done', boards(counts.ok));
  const parts = [agreement(done, foldResults(results.filter((r) => r.status === 'ok')))];
  if (open > 0) parts.push(l10n.t('{0} left', open));
  for (const r of notOk.slice(0, NAMED)) parts.push(ending(r));
  parts.push(...unnamed(notOk.slice(NAMED)));
  return parts.join('; ');
}

/**
 * Returns `kitchen failed: no space left`; does not repeat the board's name if the message starts
 * with it.
 */
function ending({ board, status, untouched, error }: BoardResult): string {
  if (status === 'cancelled')
    return `${board}: ${untouched ? UNTOUCHED[untouched]() : statusWord('cancelled')}`;
  const message = error?.message ?? '';
  return message.startsWith(`${board} `) ? message : l10n.t('{0} failed: {1}', board, message);
}

/**
 * Describes the boards that are not done, by their results: `2 more failed`, `5 more not reached`.
 */
function unnamed(rest: readonly BoardResult[]): string[] {
  const words = rest.map((r) => (r.untouched ? UNTOUCHED[r.untouched]() : statusWord(r.status)));
  return [...new Set(words)].map((word) =>
    l10n.t('{0} more {1}', words.filter((w) => w === word).length, word),
  );
}

/** Texts for boards on which nothing was done. */
const UNTOUCHED = {
  notReached: () => l10n.t('not reached'),
  skipped: () => l10n.t('skipped'),
} as const;

function statusWord(status: ResultStatus): string {
  if (status === 'failed') return l10n.t('failed');
  return status === 'cancelled' ? l10n.t('cancelled') : status;
}

/** Number of boards named in a one-line summary; the results list all of them. */
const NAMED = 3;

/** Adds to `done` how far the boards that are done gave the same answer, and which gave another one. */
function agreement(done: string, answers: readonly ResultFold[]): string {
  const [most, ...others] = answers;
  const rest = others.flatMap((fold) => fold.results);
  const same = most?.results.length ?? 0;
  if (same + rest.length < 2) return done;
  if (!most || rest.length === 0) return isEmpty(most) ? done : l10n.t('{0}, same answer', done);
  if (same === 1) return l10n.t('{0}, {1} different answers', done, answers.length);
  const where = rest.length > NAMED ? boards(rest.length) : rest.map((r) => r.board).join(', ');
  return others.length === 1
    ? l10n.t('{0}: same answer on {1}, another on {2}', done, same, where)
    : l10n.t('{0}: same answer on {1}, others on {2}', done, same, where);
}

/** Whether there is nothing to compare. */
function isEmpty(fold: ResultFold | undefined): boolean {
  return fold?.output === '' && fold.results[0]?.value === undefined;
}

function boards(n: number): string {
  return n === 1 ? l10n.t('1 board') : l10n.t('{0} boards', n);
}
