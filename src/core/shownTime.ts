/** Formats `2026-11-28 14:30:05` in this computer's time. */
export function shownTime(at: number): string {
  const d = new Date(at);
  const two = (n: number) => String(n).padStart(2, '0');
  const day = [d.getFullYear(), two(d.getMonth() + 1), two(d.getDate())].join('-');
  return `${day} ${[d.getHours(), d.getMinutes(), d.getSeconds()].map(two).join(':')}`;
}

/**
 * Formats `14:05` for a time of today, `2026-11-29 14:05` for another day, in this computer's time.
 */
export function shownMinute(at: number, now: number): string {
  const [day = '', time = ''] = shownTime(at).split(' ');
  const minute = time.slice(0, 5);
  return shownTime(now).startsWith(day) ? minute : `${day} ${minute}`;
}

/** Formats `2026-11-28T14:30` in this computer's time, the value of a field for date and time. */
export function fieldTime(at: number): string {
  return shownTime(at).slice(0, 16).replace(' ', 'T');
}
