import type { Board } from './board';

/**
 * An index of boards by uid, updated on every change. A linear search through five thousand boards
 * for each change would take seconds.
 */
export class UidIndex {
  readonly #boards = new Map<string, Set<Board>>();
  readonly #uids = new Map<Board, string>();

  /**
   * Returns the board with this uid. If two nodes share it until they are merged, returns the older
   * one.
   */
  get(uid: string): Board | undefined {
    return this.#boards.get(uid)?.values().next().value;
  }

  /** Updates the index if the board's uid has changed. */
  update(board: Board): void {
    const { uid } = board;
    if (this.#uids.get(board) === uid) return;
    this.remove(board);
    if (uid === undefined) return;
    this.#uids.set(board, uid);
    this.#boards.set(uid, (this.#boards.get(uid) ?? new Set()).add(board));
  }

  /** Removes a board; does nothing if it is not in the index. */
  remove(board: Board): void {
    const uid = this.#uids.get(board);
    if (uid === undefined) return;
    this.#uids.delete(board);
    const boards = this.#boards.get(uid);
    boards?.delete(board);
    if (boards?.size === 0) this.#boards.delete(uid);
  }
}
