import * as l10n from '@vscode/l10n';
import { withEitherNames } from '../python/firmwareNames';

/**
 * Sets the board's clock to `date` in the computer's time zone, as mpremote's `rtc --set` does,
 * because MicroPython has no time zones.
 * @throws PythonError on boards that have neither machine.RTC nor CircuitPython's rtc
 */
export async function setClock(
  board: {
    exec(
      code: string,
      options: { readonly job: string; readonly signal: AbortSignal | undefined },
    ): Promise<unknown>;
  },
  date: Date,
  signal?: AbortSignal,
): Promise<void> {
  await board.exec(withEitherNames(clockCode(date)), { job: l10n.t('Setting the clock'), signal });
}

/** Returns Python code that sets the clock, to the computer's local time or to UTC. Both APIs count weekdays from Monday = 0. */
export function clockCode(date: Date, { utc = false } = {}): string {
  const at = utc ? date : new Date(date.getTime() - date.getTimezoneOffset() * 60_000);
  const day = `${at.getUTCFullYear()},${at.getUTCMonth() + 1},${at.getUTCDate()}`;
  const time = `${at.getUTCHours()},${at.getUTCMinutes()},${at.getUTCSeconds()}`;
  const weekday = (at.getUTCDay() + 6) % 7;
  return [
    'try:',
    ' from machine import RTC',
    ` RTC().datetime((${day},${weekday},${time},0))`,
    'except ImportError:',
    ' import rtc,time',
    ` rtc.RTC().datetime=time.struct_time((${day},${time},${weekday},-1,-1))`,
    '',
  ].join('\n');
}
