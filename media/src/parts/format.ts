import { bytesText } from '../../../src/core/board/boardInfoText';

/** Formats milliseconds for people: `340 ms`, `2.5 s`, `3 min 5 s`. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  const seconds = ms / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`;
}

/** Formats free memory: `90 kB free of 256 kB`, abbreviated. */
export function space(value: { free: number; total?: number } | undefined): string {
  if (!value) return '';
  return value.total
    ? `${bytesText(value.free)} / ${bytesText(value.total)}`
    : bytesText(value.free);
}

/** Formats how long ago something was, in a suitable unit. */
export function ago(at: number | undefined, word: (key: string) => string): string {
  if (at === undefined) return '';
  const seconds = Math.max(0, Math.round((Date.now() - at) / 1000));
  if (seconds < 5) return word('now');
  if (seconds < 90) return `${seconds} ${word('secondsAgo')}`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 90) return `${minutes} ${word('minutesAgo')}`;
  return `${Math.round(minutes / 60)} ${word('hoursAgo')}`;
}
