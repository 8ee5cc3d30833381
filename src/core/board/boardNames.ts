import { shortPlace } from '../address';
import type { Board } from './board';
import type { Link } from './discovery';
import type { BoardInfo } from './boardInfo';
import type { KnownBoards } from './knownBoards';

/**
 * Returns the name shown for a board: the first of the user's name, the board's own name, the
 * assigned name, a label for its port, its address.
 */
export function shownName(board: Board, known: KnownBoards): string {
  const found = board.links.map((l) => l.found);
  const kept = board.uid ? known.get(board.uid) : undefined;
  return (
    (kept?.auto ? undefined : kept?.name) ??
    found.find((f) => f.name)?.name ??
    kept?.name ??
    found.find((f) => f.label)?.label ??
    board.info?.platform ??
    (found[0] && shortPlace(found[0].address)) ??
    board.id
  );
}

/**
 * Names a board that has reported its id but has no name, so that eight new boards have eight
 * different names immediately.
 * @returns the name, if one was assigned
 */
export function nameNewBoard(
  uid: string,
  board: Board,
  info: BoardInfo,
  { known, boards }: { readonly known: KnownBoards; readonly boards: readonly Board[] },
): string | undefined {
  if (board.links.some(hasName)) return undefined;
  const isTaken = (name: string) => boards.some((b) => b.uid !== uid && b.name === name);
  return known.nameNew(uid, info.platform, isTaken);
}

/**
 * Returns whether the board, its agent or its port already provides a name. Demo boards are labelled by
 * number.
 */
function hasName({ found }: Link): boolean {
  return found.name !== undefined || (found.address.kind === 'demo' && found.label !== undefined);
}

/**
 * Returns two characters that distinguish a board in the tree: the end of its number (`kit-03`:
 * 03), else the start of its name. Never a lone digit, which VS Code uses for a count of problems.
 */
export function boardBadge(name: string): string {
  const [number = ''] = /\d{1,2}$/.exec(name) ?? [];
  return (
    Array.from(name)
      .slice(0, 2 - number.length)
      .join('') + number
  );
}
