import { zoneMinutes } from '../timeZone';
import type { Found } from './discovery';

/**
 * Returns the time zone that the agent of a board announces, in minutes east of UTC; undefined:
 * none.
 */
export function boardZone(links: readonly { readonly found: Found }[]): number | undefined {
  const told = links.map(({ found }) => found.details?.timezone).find((text) => text !== undefined);
  return told === undefined ? undefined : zoneMinutes(told);
}
