import type { InputPiece } from './pasteSplitter';

/** Characters kept: more than anyone types or pastes during a job. */
const LIMIT = 64 * 1024;

/**
 * Keys typed while a job held the board. They are sent to the prompt in order when the job is done.
 */
export class TypeAhead {
  #pieces: InputPiece[] = [];
  #length = 0;

  get isEmpty(): boolean {
    return this.#pieces.length === 0;
  }

  /** Returns false if there is no room. */
  keep(piece: InputPiece): boolean {
    if (this.#length + piece.text.length > LIMIT) return false;
    this.#pieces.push(piece);
    this.#length += piece.text.length;
    return true;
  }

  /** Returns and clears everything kept. */
  take(): readonly InputPiece[] {
    const pieces = this.#pieces;
    this.#pieces = [];
    this.#length = 0;
    return pieces;
  }
}
