import type { Clock } from '../../core/async';
import type { Board, Fleet } from '../../core/board';
import { asError } from '../../core/errors';
import { DisposableStore, type Disposable } from '../../core/events';
import type { Log } from '../../core/log';
import type { FileChanges } from '../fileChanges';

/** Milliseconds after a crash before the board is asked whether its program is healthy. */
const WELL_MS = 60_000;

/** Returns whether the crashed program is still stopped. Rejects if the board does not answer. */
export type IsDown = (board: Board) => Promise<boolean>;

/**
 * Marks boards whose program crashed, until it has run for a minute or the user has put other files
 * on the board. A message about the crash disappears after seconds; the mark stays as long as the
 * program is down.
 */
export class CrashStates implements Disposable {
  readonly #store = new DisposableStore();
  readonly #timers = new Map<Board, Disposable>();

  constructor(
    private readonly fleet: Pick<Fleet, 'byUid'>,
    fileChanges: Pick<FileChanges, 'onDidChange'>,
    private readonly clock: Clock,
    private readonly isDown: IsDown,
    private readonly log: Pick<Log, 'debug'>,
  ) {
    this.#store.add(
      fileChanges.onDidChange((changes) => {
        // The root means "refresh", which changes nothing on the board.
        for (const { board, path } of changes) if (path !== '/') this.#well(board);
      }),
    );
  }

  /** Records a crash of the program on a board; `last` is the last line of the traceback. */
  crashed(uid: string, last: string): void {
    const board = this.fleet.byUid(uid);
    if (!board) return;
    board.noteCrash(last);
    this.#watch(board);
  }

  dispose(): void {
    this.#store.dispose();
    for (const timer of this.#timers.values()) timer.dispose();
    this.#timers.clear();
  }

  #watch(board: Board): void {
    this.#timers.get(board)?.dispose();
    this.#timers.set(
      board,
      this.clock.after(WELL_MS, () => void this.#look(board)),
    );
  }

  async #look(board: Board): Promise<void> {
    const { crash } = board;
    let isDown = true;
    try {
      // A board that is away or does not answer may still be down.
      isDown = !board.present || (await this.isDown(board));
    } catch (error) {
      this.log.debug(`${board.name} does not say how its program is: ${asError(error).message}`);
    }
    if (board.crash !== crash || crash === undefined) return; // it crashed again, or got new files
    if (isDown) this.#watch(board);
    else this.#well(board);
  }

  #well(board: Board): void {
    this.#timers.get(board)?.dispose();
    this.#timers.delete(board);
    board.noteCrash(undefined);
  }
}
