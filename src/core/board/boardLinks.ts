import type { Transport } from '../transport';
import type { BoardState } from './boardState';
import type { Found, Link } from './discovery';

/** The part of a Board that says how it is reached. */
interface Linked {
  readonly links: readonly Link[];
  readonly transport: Transport | undefined;
  readonly state: BoardState;
}

/**
 * Returns the links of a board: those that the sources see and, if the board is connected or has a
 * name, those that are away.
 * @param keeps the board stays in the tree while all of its links are away
 */
export function linksNow(board: Linked, found: readonly Found[], keeps: boolean): Link[] {
  const seen = found.map((f) => ({ found: f, present: f.online !== false }));
  const open = board.transport?.address.text;
  if (open === undefined && board.state.tag !== 'reconnecting' && !keeps) return seen;
  // A broker also lists boards that are away. A board that it no longer lists has lost its agent.
  const isGone = ({ found: { address, online } }: Link) =>
    online !== undefined && seen.length > 0 && address.text !== open;
  const away = board.links
    .filter((l) => !found.some((f) => f.address.text === l.found.address.text) && !isGone(l))
    .map((l) => ({ found: l.found, present: false }));
  return [...seen, ...away];
}

/** Returns whether a link is present now that was not present before. */
export function hasNewLink(before: readonly Link[], now: readonly Link[]): boolean {
  const present = new Set(before.filter((l) => l.present).map((l) => l.found.address.text));
  return now.some((l) => l.present && !present.has(l.found.address.text));
}

/** Returns whether the board has other links than before, or one of them has changed. */
export function linksDiffer(a: readonly Link[], b: readonly Link[]): boolean {
  return (
    a.length !== b.length ||
    a.some((link, i) => link.present !== b[i]?.present || link.found !== b[i].found)
  );
}
