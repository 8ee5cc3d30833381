import type { Board } from './board';

/** Boards by uid, told of every change of a board: looking through five thousand for each of them takes seconds. */
export class UidIndex {
  readonly #boards = new Map<string, Set<Board>>();
  readonly #uids = new Map<Board, string>();

  /** Two nodes have one uid for the moment between the board's saying so and their becoming one: the older is found. */
  get(uid: string): Board | undefined {
    return this.#boards.get(uid)?.values().next().value;
  }

  /** The board may have another uid than before. */
  update(board: Board): void {
    const { uid } = board;
    if (this.#uids.get(board) === uid) return;
    this.remove(board);
    if (uid === undefined) return;
    this.#uids.set(board, uid);
    this.#boards.set(uid, (this.#boards.get(uid) ?? new Set()).add(board));
  }

  remove(board: Board): void {
    const uid = this.#uids.get(board);
    if (uid === undefined) return;
    this.#uids.delete(board);
    const boards = this.#boards.get(uid);
    boards?.delete(board);
    if (boards?.size === 0) this.#boards.delete(uid);
  }
}
