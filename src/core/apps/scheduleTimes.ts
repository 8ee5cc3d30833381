import * as l10n from '@vscode/l10n';
import { Cron } from 'croner';
import { UsageError } from '../errors';

/** Times to run at: an interval in seconds, or a cron expression. */
export type When = { readonly every: number } | { readonly cron: string };

/** What happens to runs that were missed: one of them is made up for, or none. */
export type Missed = 'run' | 'skip';

const LONGEST_S = 366 * 86_400;

/**
 * Reads a cron expression of five fields: `*`, `*\/5`, `1-5`, `1,15`.
 * @throws UsageError for any other form, and for a time that never comes
 */
export function checkWhen(when: When): void {
  if ('every' in when) {
    if (Number.isInteger(when.every) && when.every >= 1 && when.every <= LONGEST_S) return;
    throw new UsageError(l10n.t('An interval has 1 to {0} seconds', LONGEST_S));
  }
  const fields = when.cron.trim().split(/\s+/);
  try {
    if (fields.length !== 5 || !fields.every((f) => /^[\d*,/-]+$/.test(f))) throw new Error();
    if (!new Cron(fields.join(' '), { paused: true }).nextRun()) throw new Error();
  } catch (cause) {
    throw new UsageError(l10n.t('"{0}" is not a cron expression', when.cron), {
      hint: l10n.t(
        'It has five fields: minute, hour, day, month, weekday. "30 7 * * 1-5" is 7:30 on weekdays.',
      ),
      cause,
    });
  }
}

const UNITS: Readonly<Record<string, number>> = { '': 1, s: 1, m: 60, h: 3_600, d: 86_400 };

/**
 * Reads a time as a person types it: `30`, `30s`, `5m`, `2h` or `1d` is an interval, anything else
 * a cron expression.
 * @throws UsageError
 */
export function parseWhen(text: string): When {
  const [, count, unit = ''] = /^(\d{1,8})\s*([smhd]?)$/.exec(text.trim()) ?? [];
  const when: When =
    count === undefined
      ? { cron: text.trim().replace(/\s+/g, ' ') }
      : { every: Number(count) * (UNITS[unit] ?? 1) };
  checkWhen(when);
  return when;
}

/**
 * Returns the first run after `after`.
 * @param last the last run; undefined: none yet
 * @param utc the expression is in UTC, as on boards; otherwise in this computer's time zone
 * @returns milliseconds since 1970
 */
export function nextRun(
  when: When,
  {
    after,
    last,
    utc = false,
  }: { readonly after: number; readonly last?: number; readonly utc?: boolean },
): number | undefined {
  if ('every' in when) return Math.max((last ?? after) + when.every * 1_000, after);
  const cron = new Cron(when.cron, { paused: true, ...(utc ? { timezone: 'UTC' } : {}) });
  return cron.nextRun(new Date(after))?.getTime();
}

/**
 * Returns whether a run is due.
 * @param since when it was scheduled or, if missed runs are skipped, when watching began
 */
export function isDue(
  when: When,
  { now, last, since }: { readonly now: number; readonly last?: number; readonly since: number },
): boolean {
  const from = Math.max(last ?? 0, since);
  const next = nextRun(when, { after: from, last: from });
  return next !== undefined && next <= now;
}

/** Formats the expression for a list: `every 300 s`, `30 7 * * 1-5`. */
export function whenText(when: When): string {
  return 'every' in when ? l10n.t('every {0} s', when.every) : when.cron;
}
