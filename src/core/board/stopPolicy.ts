import type { Board, StopAnswer } from './board';

/** What a job on many boards does with programs that run: asked once, not a hundred times. */
export type ManyStopAnswer = Exclude<StopAnswer, undefined> | 'leave';

/** Answers, for the boards of a job under way, whether their program may be stopped; `BoardServices.mayStop` asks here first. */
export class StopPolicies {
  readonly #answers = new Map<Board, ManyStopAnswer[]>();

  /** While `work` runs, `answer` holds for `board`. */
  async during<T>(board: Board, answer: ManyStopAnswer, work: () => Promise<T>): Promise<T> {
    const own = [...(this.#answers.get(board) ?? []), answer];
    this.#answers.set(board, own);
    try {
      return await work();
    } finally {
      const left = (this.#answers.get(board) ?? []).filter(
        (_, i, all) => i !== all.lastIndexOf(answer),
      );
      if (left.length > 0) this.#answers.set(board, left);
      else this.#answers.delete(board);
    }
  }

  /** The answer that holds now; undefined: the user has to be asked. */
  answerFor(board: Board): ManyStopAnswer | undefined {
    return this.#answers.get(board)?.at(-1);
  }
}
