import { delay, Deferred, type Clock } from '../async';

/** When calls are combined, and how much. */
export interface CombineOptions<Q> {
  readonly clock: Clock;
  /** Milliseconds between the starts of two calls. The first one does not wait. */
  readonly pauseMs: number;
  /** Total size from which a call does not wait for the pause. */
  readonly most: number;
  sizeOf(question: Q): number;
}

/** A question that shares a call with others. */
interface Batch<Q, A> {
  readonly asked: Q[];
  size: number;
  readonly full: Deferred<undefined>;
  answers: Promise<readonly A[]>;
}

/**
 * Combines questions that arrive during a call, and shortly after it, into the next call. The
 * messages of a fleet thus take a few transactions a second.
 */
export class Combined<Q, A> {
  #next: Batch<Q, A> | undefined;
  /** Resolves when the last call has ended. */
  #last: Promise<unknown> = Promise.resolve();
  #began = -Infinity;

  /** @param call returns the answers in the order of the questions */
  constructor(
    private readonly call: (asked: readonly Q[]) => Promise<readonly A[]>,
    private readonly options: CombineOptions<Q>,
  ) {}

  /**
   * Asks a question together with others that arrive at the same time.
   * @throws the error of the call, for all questions that share it
   */
  async ask(question: Q): Promise<A> {
    const batch = (this.#next ??= this.#begin());
    const index = batch.asked.push(question) - 1;
    batch.size += this.options.sizeOf(question);
    if (batch.size >= this.options.most) batch.full.resolve(undefined);
    return (await batch.answers)[index] as A;
  }

  /** Resolves when no question waits or is being answered. Errors go to those who asked. */
  async idle(): Promise<void> {
    await this.#next?.answers.catch(() => undefined);
    await this.#last;
  }

  #begin(): Batch<Q, A> {
    const batch: Batch<Q, A> = {
      ...{ asked: [], size: 0, full: new Deferred<undefined>() },
      answers: Promise.resolve([]),
    };
    batch.answers = this.#ended(batch);
    return batch;
  }

  async #ended(batch: Batch<Q, A>): Promise<readonly A[]> {
    await this.#last;
    const { clock, pauseMs } = this.options;
    const left = this.#began + pauseMs - clock.now();
    if (left > 0) {
      const ended = new AbortController();
      const pause = delay(clock, left, ended.signal).catch(() => undefined); // ends the pause early
      await Promise.race([pause, batch.full.promise]);
      ended.abort();
    }
    this.#next = undefined;
    this.#began = clock.now();
    const answers = this.call(batch.asked);
    this.#last = answers.catch(() => undefined); // `answers` reports it to those who wait
    return answers;
  }
}
