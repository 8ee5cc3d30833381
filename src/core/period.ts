/** The periods that pages offer. `between` has two times, each of which can be left open. */
export const PERIODS = ['hour', 'day', 'week', 'month', 'all', 'between'] as const;

/** A period that was chosen. Times are milliseconds since 1970 and belong to `between`. */
export interface Period {
  readonly name: (typeof PERIODS)[number];
  readonly from?: number;
  readonly to?: number;
}

/** Why a period is invalid: a time is not complete, or the end is before the beginning. */
export type PeriodProblem = 'time' | 'order';

const HOUR_MS = 3_600_000;
/** Length in milliseconds of each period that ends now. */
const LENGTHS: Readonly<Partial<Record<Period['name'], number>>> = {
  hour: HOUR_MS,
  day: 24 * HOUR_MS,
  week: 7 * 24 * HOUR_MS,
  month: 30 * 24 * HOUR_MS,
};
/** The fields have whole minutes, and the last minute, in milliseconds, belongs to the period. */
const MINUTE_MS = 60_000;

/** Returns the limits of a period, in milliseconds since 1970; `to` is exclusive. A missing limit is open. */
export function rangeOf(
  { name, from, to }: Period,
  now: number,
): { readonly from?: number; readonly to?: number } {
  if (name !== 'between') {
    const length = LENGTHS[name];
    return length === undefined ? {} : { from: now - length };
  }
  return {
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to: to + MINUTE_MS }),
  };
}

/** Returns why two times are not a period; undefined if they are. NaN is a time that is not complete. */
export function periodProblem({
  from,
  to,
}: Pick<Period, 'from' | 'to'>): PeriodProblem | undefined {
  if (Number.isNaN(from) || Number.isNaN(to)) return 'time';
  return from !== undefined && to !== undefined && to < from ? 'order' : undefined;
}

/** Reads a period that a page has sent; undefined if it is none. */
export function readPeriod(value: unknown): Period | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { name, from, to } = value as Record<string, unknown>;
  const known = PERIODS.find((period) => period === name);
  if (known === undefined) return undefined;
  const times = {
    ...(Number.isFinite(from) ? { from: Number(from) } : {}),
    ...(Number.isFinite(to) ? { to: Number(to) } : {}),
  };
  return periodProblem(times) === undefined ? { name: known, ...times } : undefined;
}
