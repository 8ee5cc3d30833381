import { type Board, wordOf } from '../board';
import type { Selectable } from './selector';

/** A board with the properties used for selecting, grouping and filtering. */
export interface SelectableBoard extends Selectable {
  readonly board: Board;
}

/** `board` with what it can be chosen by. */
export function selectableBoard(
  board: Board,
  tags: readonly string[],
  marks: readonly string[] = [],
): SelectableBoard {
  return { board, ...selectableOf(board, tags, marks) };
}

/** `board` as selectors, groupings and filters see it, as plain data. */
export function selectableOf(
  board: Board,
  tags: readonly string[],
  marks: readonly string[] = [],
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
    tags: [...new Set([...tags, ...told])],
    brokers: [...new Set(found.flatMap((f) => brokerOf(f.address.text)))],
  };
}

/** The broker's id in `mqtt://ID/uid`. */
function brokerOf(address: string): string[] {
  const [, id] = /^(?:mqtt|mqboard):\/\/([^/]+)\//.exec(address) ?? [];
  return id === undefined ? [] : [id];
}
