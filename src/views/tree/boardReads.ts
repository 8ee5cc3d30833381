import type { Board } from '../../core/board';

/**
 * Boards on which rows are being read for VS Code. Reading makes a board busy and idle again. A redraw of the board meanwhile
 * would make VS Code lose rows that it shows: 1.96 shows the open board without files, and later versions report no selection
 * of them any more. So it is put off until the children are there.
 */
export class BoardReads {
  readonly #reading = new Map<Board, { readers: number; changed: boolean }>();

  /** Calls `redraw` with each board whose redraw was put off, once its rows are read. */
  constructor(private readonly redraw: (board: Board) => void) {}

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

  /** Returns whether the board's redraw is put off, because its rows are being read. */
  putOff(board: Board): boolean {
    const reading = this.#reading.get(board);
    if (reading) reading.changed = true;
    return reading !== undefined;
  }
}
