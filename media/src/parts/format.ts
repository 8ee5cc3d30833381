/** `90 kB free of 256 kB`, shorter. */
export function space(value: { free: number; total?: number } | undefined): string {
  if (!value) return '';
  return value.total ? `${bytes(value.free)} / ${bytes(value.total)}` : bytes(value.free);
}

/** Bytes as people read them. */
export function bytes(n: number): string {
  if (n < 1024) return `${Math.round(n)} B`;
  const kb = n / 1024;
  return kb < 1024 ? `${kb.toFixed(0)} kB` : `${(kb / 1024).toFixed(1)} MB`;
}

/** How long ago, in the unit that fits. */
export function ago(at: number | undefined, word: (key: string) => string): string {
  if (at === undefined) return '';
  const seconds = Math.max(0, Math.round((Date.now() - at) / 1000));
  if (seconds < 5) return word('now');
  if (seconds < 90) return `${seconds} ${word('secondsAgo')}`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 90) return `${minutes} ${word('minutesAgo')}`;
  return `${Math.round(minutes / 60)} ${word('hoursAgo')}`;
}
