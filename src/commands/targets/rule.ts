import { type Board, isConnected } from '../../core/board';
import { sortByName } from '../../core/many';
import type { BoardFilter } from '../types';

/** Everything that can determine a command's board, read at the moment of the call. */
export interface Situation {
  /** What the command was called on: the clicked row first, then the rest of the selection. */
  readonly clicked: readonly Board[];
  /**
   * What the user focused last: the selected rows of the tree, an editor of a board's file, or a
   * board's terminal.
   */
  readonly focused: readonly Board[];
  /** The rows that were clicked, or else have the focus, are ambiguous; see meantRows. */
  readonly ambiguous: boolean;
  /** The board that the user chose last, or the only possible one; undefined if there is neither. */
  readonly active: Board | undefined;
  /** Name of the board the user chose last when it is not in the list of boards at all (its cable is pulled). */
  readonly missing: string | undefined;
  /** Boards that a question may offer. */
  readonly boards: readonly Board[];
}

/** Why the user has to choose a board. */
export type AskReason =
  | { readonly tag: 'noneChosen' }
  | { readonly tag: 'severalSelected'; readonly count: number }
  | { readonly tag: 'away' | 'notConnected'; readonly name: string };

export type Verdict =
  | { readonly tag: 'boards'; readonly boards: readonly Board[] }
  | { readonly tag: 'ask'; readonly why: AskReason; readonly candidates: readonly Board[] }
  /** The command cannot work on the intended board, and no other board is offered instead. */
  | { readonly tag: 'refuse'; readonly board: Board }
  /** Boards and files of other boards are selected together, and the command works on boards. */
  | { readonly tag: 'ambiguous' }
  /** No board that the command could work on. */
  | { readonly tag: 'none'; readonly missing: string | undefined };

/** Returns whether a command may work on `board`. */
export function fits(board: Board, which: BoardFilter): boolean {
  switch (which) {
    case 'any':
      return true;
    case 'present':
    case 'presentOrLater':
      return board.present;
    case 'open':
      return board.transport !== undefined;
    case 'closed':
      return board.present && !board.transport;
  }
}

/**
 * Determines the target: what was clicked; else what has the focus; else the active board, if it is
 * present; else a question with a reason. With `many`, the command works on all of them. Otherwise
 * several boards lead to a question, unless one row was clicked. Several boards are in the order of the tree. The result is never a board that
 * the user has neither pointed at nor chosen, except when only one board exists and none was
 * chosen. A file of a board that is not selected does not make its board one of several.
 */
export function targetOf(at: Situation, which: BoardFilter, many: boolean): Verdict {
  if (at.ambiguous && many) return { tag: 'ambiguous' };
  const [clicked] = at.clicked;
  if (clicked) return those(many ? at.clicked : [clicked], which);
  const [focused, second] = at.focused;
  if (focused && second && !many) {
    const candidates = sortByName(at.focused.filter((b) => fits(b, which)));
    const why = { tag: 'severalSelected', count: at.focused.length } as const;
    return candidates.length > 0 ? { tag: 'ask', why, candidates } : refuse(focused);
  }
  if (focused && second) return those(at.focused, which);
  const meant = focused ?? at.active;
  const candidates = at.boards.filter((b) => fits(b, which));
  if (meant && fits(meant, which) && !isBeaten(meant, which, candidates)) {
    return { tag: 'boards', boards: [meant] };
  }
  return ask(at, meant, sortByName(candidates), which);
}

function those(given: readonly Board[], which: BoardFilter): Verdict {
  const [first, second] = given;
  const boards = sortByName(given);
  if (second && which === 'presentOrLater') return { tag: 'boards', boards };
  const fitting = boards.filter((b) => fits(b, which));
  return fitting.length === 0 && first ? refuse(first) : { tag: 'boards', boards: fitting };
}

function refuse(board: Board): Verdict {
  return { tag: 'refuse', board };
}

/**
 * Returns whether the active board needs a question: an address that does not answer is not chosen
 * silently while another board is connected.
 */
function isBeaten(meant: Board, which: BoardFilter, candidates: readonly Board[]): boolean {
  if (!which.startsWith('present') || isReachable(meant)) return false;
  return candidates.some((b) => b !== meant && isReachable(b));
}

function isReachable({ state }: Board): boolean {
  return isConnected(state) || state.tag === 'online' || state.tag === 'connecting';
}

function ask(
  { missing }: Situation,
  meant: Board | undefined,
  candidates: readonly Board[],
  which: BoardFilter,
): Verdict {
  const [only, second] = candidates;
  if (!only) return meant ? refuse(meant) : { tag: 'none', missing };
  if (meant) {
    if (which === 'closed') return refuse(meant); // connected already: there is nothing to ask
    const tag = meant.present ? 'notConnected' : 'away';
    const first = candidates.filter((b) => b === meant);
    const sorted = [...first, ...candidates.filter((b) => b !== meant)];
    return { tag: 'ask', why: { tag, name: meant.name }, candidates: sorted };
  }
  if (missing !== undefined) return { tag: 'ask', why: { tag: 'away', name: missing }, candidates };
  if (!second) return { tag: 'boards', boards: [only] };
  return { tag: 'ask', why: { tag: 'noneChosen' }, candidates };
}
