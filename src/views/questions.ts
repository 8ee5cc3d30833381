import { Emitter, type Disposable } from '../core/events';
import type { Board } from '../core/board';

/** A question about a board that has just been asked; `answered` settles with the answer. */
export interface OpenQuestion {
  readonly board: Board;
  readonly answered: Promise<unknown>;
}

/**
 * Questions that arise during work on a board (may the program be stopped?). Progress is hidden
 * while they are open.
 */
export class Questions implements Disposable {
  readonly #asked = new Emitter<OpenQuestion>();
  readonly onDidAsk = this.#asked.event;

  /** Asks `question` about `board` and informs listeners. */
  about<T>(board: Board, question: () => Promise<T>): Promise<T> {
    const answered = question();
    this.#asked.fire({ board, answered });
    return answered;
  }

  dispose(): void {
    this.#asked.dispose();
  }
}
