/** The largest distance from UTC in minutes: 14 hours. */
const MOST = 14 * 60;

/** Returns whether the number is a time zone in minutes east of UTC. */
export function isZone(minutes: number): boolean {
  return Number.isInteger(minutes) && Math.abs(minutes) <= MOST;
}

/** Formats a zone as `+02:00`. @param minutes east of UTC */
export function zoneText(minutes: number): string {
  const two = (n: number) => String(n).padStart(2, '0');
  const all = Math.abs(minutes);
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(all / 60))}:${two(all % 60)}`;
}

/** Parses minutes east of UTC. @param text as `zoneText` writes it */
export function zoneMinutes(text: string): number {
  const [hours = 0, minutes = 0] = text.slice(1).split(':').map(Number);
  return (text.startsWith('-') ? -1 : 1) * (60 * hours + minutes);
}

/**
 * Formats a time as `2026-11-28 14:30:05 +02:00` in that zone.
 * @param at milliseconds since 1970
 */
export function timeInZone(at: number, zone: number): string {
  const date = new Date(at + zone * 60_000);
  if (Number.isNaN(date.getTime())) return zoneText(zone);
  return `${date.toISOString().slice(0, 19).replace('T', ' ')} ${zoneText(zone)}`;
}
