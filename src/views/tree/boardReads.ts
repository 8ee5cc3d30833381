import type { Board } from '../../core/board';

/**
 * Delays the redraw of a board until its rows are read. After a redraw, VS Code does not know the
 * rows below a board until it has received them. Reading takes a while, and a click on a file would
 * be lost during it. Reading also makes a board busy and idle again; a redraw at that time would
 * make VS Code lose rows that it shows: 1.96 shows the open board without files, and later versions
 * stop reporting a selection of them.
 */
export class BoardReads {
  readonly #reading = new Map<Board, { readers: number; changed: boolean }>();

  /** Visible folders that have changed on the board since they were read. */
  readonly #stale = new Map<Board, Set<string>>();

  /**
   * Calls `redraw` for each delayed board after its rows are read. `readFolder` reads a folder
   * again, for the next time that VS Code asks for it, and does not reject.
   */
  constructor(
    private readonly redraw: (board: Board) => void,
    private readonly readFolder: (board: Board, path: string) => Promise<unknown>,
  ) {}

  /** Delays the next redraw of `board` until these folders have been read again. */
  changed(board: Board, folders: readonly string[]): void {
    this.#stale.set(board, new Set([...(this.#stale.get(board) ?? []), ...folders]));
  }

  /** Forgets a board that is no longer in the tree. */
  forget(board: Board): void {
    this.#stale.delete(board);
  }

  /** Reads rows of `board` and returns them. */
  async read<T>(board: Board, rows: () => Promise<T>): Promise<T> {
    const reading = this.#reading.get(board) ?? { readers: 0, changed: false };
    this.#reading.set(board, reading);
    reading.readers++;
    try {
      return await rows();
    } finally {
      if (--reading.readers === 0) {
        this.#reading.delete(board);
        if (reading.changed) this.redraw(board);
      }
    }
  }

  /**
   * Returns whether the board's redraw is delayed because its rows are being read or must be read
   * first.
   */
  putOff(board: Board): boolean {
    const folders = this.#stale.get(board);
    if (folders && !this.#reading.has(board)) {
      this.#stale.delete(board);
      void this.read(board, () => Promise.all([...folders].map((f) => this.readFolder(board, f))));
    }
    const reading = this.#reading.get(board);
    if (reading) reading.changed = true;
    return reading !== undefined;
  }
}
