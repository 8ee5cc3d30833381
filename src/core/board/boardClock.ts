import type { Board } from './board';

/**
 * Sets the board's clock to `date` in the computer's own time zone, as mpremote's `rtc --set` does: MicroPython keeps no
 * zone. @throws PythonError on boards that have neither machine.RTC nor CircuitPython's rtc
 */
export async function setClock(board: Board, date: Date, signal?: AbortSignal): Promise<void> {
  await board.exec(clockCode(date), { job: 'Setting the clock', signal });
}

/** Python that sets the clock; both APIs count weekdays from Monday = 0. */
export function clockCode(date: Date): string {
  const day = `${date.getFullYear()},${date.getMonth() + 1},${date.getDate()}`;
  const time = `${date.getHours()},${date.getMinutes()},${date.getSeconds()}`;
  const weekday = (date.getDay() + 6) % 7;
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
