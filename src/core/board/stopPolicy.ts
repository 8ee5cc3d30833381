import type { Disposable } from '../events';
import type { Board, StopAnswer } from './board';

/** How a job on many boards treats running programs: asked once for all of them. */
export type ManyStopAnswer = Exclude<StopAnswer, undefined> | 'leave';

/**
 * Tells whether the programs of boards in a job may be stopped. `BoardServices.mayStop` checks here
 * first.
 */
export class StopPolicies {
  readonly #answers = new Map<Board, ManyStopAnswer[]>();

  /** Applies `answer` to `board` while `work` runs. */
  async during<T>(board: Board, answer: ManyStopAnswer, work: () => Promise<T>): Promise<T> {
    const policy = this.hold(board, answer);
    try {
      return await work();
    } finally {
      policy.dispose();
    }
  }

  /** Applies `answer` to `board` until the result is disposed. */
  hold(board: Board, answer: ManyStopAnswer): Disposable {
    this.#answers.set(board, [...(this.#answers.get(board) ?? []), answer]);
    return {
      dispose: () => {
        const left = (this.#answers.get(board) ?? []).filter(
          (_, i, all) => i !== all.lastIndexOf(answer),
        );
        if (left.length > 0) this.#answers.set(board, left);
        else this.#answers.delete(board);
      },
    };
  }

  /** Returns the answer that applies now; undefined: ask the user. */
  answerFor(board: Board): ManyStopAnswer | undefined {
    return this.#answers.get(board)?.at(-1);
  }
}
