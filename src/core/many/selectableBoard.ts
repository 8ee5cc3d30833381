import { type Board, type Fleet, wordOf } from '../board';
import type { Selectable } from './selector';

/** A board with the properties used for selecting, grouping and filtering. */
export interface SelectableBoard extends Selectable {
  readonly board: Board;
}

/** What this computer knows of boards: their tags, and what device files say of them. */
export type KnownTags = Pick<Fleet, 'tagsOf' | 'lentTo'>;

/** Returns `board` with the properties by which it can be chosen. */
export function selectableBoard(
  known: KnownTags,
  board: Board,
  marks: readonly string[] = [],
): SelectableBoard {
  return { board, ...selectableOf(known, board, marks) };
}

/** Returns `board` as plain data for selectors, groupings and filters. */
export function selectableOf(
  known: KnownTags,
  board: Board,
  marks: readonly string[] = [],
): Selectable {
  const found = board.links.map((l) => l.found);
  const told = found.flatMap((f) => f.details?.tags?.split(', ') ?? []);
  const lent = known.lentTo(board);
  return {
    name: board.name,
    ...(board.uid === undefined ? {} : { uid: board.uid }),
    addresses: found.map((f) => f.address.text),
    ...(board.info?.platform ? { platform: board.info.platform } : {}),
    state: wordOf(board),
    ...(marks.length > 0 ? { marks } : {}),
    ...(lent ? { lent } : {}),
    tags: [...new Set([...known.tagsOf(board), ...told])],
    brokers: [...new Set(found.flatMap((f) => ('broker' in f.address ? [f.address.broker] : [])))],
  };
}
