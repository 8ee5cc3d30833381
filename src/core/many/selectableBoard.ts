import { type Board, type Lent, wordOf } from '../board';
import type { Selectable } from './selector';

/** A board with the properties used for selecting, grouping and filtering. */
export interface SelectableBoard extends Selectable {
  readonly board: Board;
}

/** Returns `board` with the properties by which it can be chosen. */
export function selectableBoard(
  board: Board,
  tags: readonly string[],
  marks: readonly string[] = [],
  lent?: Lent,
): SelectableBoard {
  return { board, ...selectableOf(board, tags, marks, lent) };
}

/** Returns `board` as plain data for selectors, groupings and filters. */
export function selectableOf(
  board: Board,
  tags: readonly string[],
  marks: readonly string[] = [],
  lent?: Lent,
): Selectable {
  const found = board.links.map((l) => l.found);
  const told = found.flatMap((f) => f.details?.tags?.split(', ') ?? []);
  return {
    name: board.name,
    ...(board.uid === undefined ? {} : { uid: board.uid }),
    addresses: found.map((f) => f.address.text),
    ...(board.info?.platform ? { platform: board.info.platform } : {}),
    state: wordOf(board),
    ...(marks.length > 0 ? { marks } : {}),
    ...(lent ? { lent } : {}),
    tags: [...new Set([...tags, ...told])],
    brokers: [...new Set(found.flatMap((f) => ('broker' in f.address ? [f.address.broker] : [])))],
  };
}
