import { UsageError } from './errors';
import * as l10n from '@vscode/l10n';

const UNITS: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
};

/**
 * Parses a point in time as people write it: `2h`, `30m`, `7d` ago, a day (`2026-11-28`: its
 * beginning here), a day with a time (`2026-11-28 14:30`), or seconds since 1970. Times are those
 * of this computer unless they end in a zone.
 * @param now milliseconds since 1970
 * @returns milliseconds since 1970
 * @throws UsageError
 */
export function parseTime(text: string, now: number): number {
  const [, count, unit = ''] = /^(\d{1,6}(?:\.\d+)?)([smhdw])$/.exec(text.trim()) ?? [];
  if (count !== undefined) return now - Number(count) * (UNITS[unit] ?? 0);
  if (/^\d{9,11}(?:\.\d+)?$/.test(text.trim())) return Number(text) * 1_000;
  const [, day, time = '00:00'] =
    /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d)?))?$/.exec(
      text.trim(),
    ) ?? [];
  const at = day === undefined ? NaN : Date.parse(`${day}T${time}`);
  if (Number.isFinite(at)) return at;
  throw new UsageError(l10n.t('"{0}" is not a time', text), {
    hint: l10n.t(
      'Write 2h, 30m or 7d for that long ago, a day such as 2026-11-28 or 2026-11-28 14:30, or seconds since 1970.',
    ),
  });
}

/**
 * Formats `2026-11-28 14:30` by the board's own clock, which has no time zone.
 * @param seconds since 1970, as the board counts them
 */
export function boardMinute(seconds: number): string | undefined {
  const date = new Date(seconds * 1_000);
  if (Number.isNaN(date.getTime())) return undefined;
  return date.toISOString().slice(0, 16).replace('T', ' ');
}
