import type { Board, Fleet } from '../board';
import { DisposableStore, type Disposable } from '../events';
import type { PendingJobs } from './pendingJobs';

/** Notifies the waiting jobs when a board returns: once per return, not on every change. */
export class PendingReturns implements Disposable {
  readonly #lifetime = new DisposableStore();
  readonly #away = new Set<string>();

  constructor(
    fleet: Fleet,
    private readonly pending: PendingJobs,
  ) {
    const look = (board: Board) => this.#look(board);
    for (const job of pending.all) this.#away.add(job.uid);
    for (const board of fleet.boards) look(board);
    this.#lifetime.add(fleet.onDidChangeBoard(look));
    this.#lifetime.add(fleet.onDidChangeList(() => fleet.boards.forEach(look)));
  }

  dispose(): void {
    this.#lifetime.dispose();
  }

  #look(board: Board): void {
    const { uid } = board;
    if (uid === undefined) return;
    if (!board.present) this.#away.add(uid);
    else if (this.#away.delete(uid)) void this.pending.boardIsBack(uid);
  }
}
