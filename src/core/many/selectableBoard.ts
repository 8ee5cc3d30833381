import type { Board } from '../board/board';
import type { Selectable } from './selector';

/** A board with what it can be chosen, grouped and filtered by. */
export interface SelectableBoard extends Selectable {
  readonly board: Board;
}

/** `board` with what it can be chosen by. */
export function selectableBoard(board: Board, tags: readonly string[]): SelectableBoard {
  return { board, ...selectableOf(board, tags) };
}

/** `board` as selectors, groupings and filters see it, as plain data. */
export function selectableOf(board: Board, tags: readonly string[]): Selectable {
  const found = board.links.map((l) => l.found);
  const state = board.state.tag;
  const told = found.flatMap((f) => f.details?.tags?.split(', ') ?? []);
  return {
    name: board.name,
    ...(board.uid === undefined ? {} : { uid: board.uid }),
    addresses: found.map((f) => f.address.text),
    ...(board.info?.platform ? { platform: board.info.platform } : {}),
    state: state === 'disconnected' && !board.present ? 'offline' : state,
    tags: [...new Set([...tags, ...told])],
    brokers: [...new Set(found.flatMap((f) => brokerOf(f.address.text)))],
  };
}

/** The broker's id in `mqtt://ID/uid`. */
function brokerOf(address: string): string[] {
  const [, id] = /^(?:mqtt|mqboard):\/\/([^/]+)\//.exec(address) ?? [];
  return id === undefined ? [] : [id];
}
