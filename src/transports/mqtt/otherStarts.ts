import { awaitedLater, systemClock, within } from '../../core/async';

/** Milliseconds that a farewell waits for the decision on an announced start. */
const DECIDE_MS = 3_000;

interface Question {
  /** The presence message that was believed before the first announcement in question. */
  readonly known: Uint8Array;
  readonly isStill: Promise<boolean>;
}

/**
 * Announcements of another start than that of a board's open session. Starts cannot be put in order, and anyone who may publish
 * can send the announcement of an earlier one again (docs/protocol.md section 2). Such an announcement counts at once, so
 * that a restart is noticed at once. It is taken back when the board answers in its session.
 */
export class OtherStarts {
  readonly #questions = new Map<string, Question>();

  /** `takeBack` brings back `known`, because `boot` is not the board's current start. */
  constructor(private readonly takeBack: (uid: string, boot: string, known: Uint8Array) => void) {}

  /**
   * Notes that `boot` was announced.
   * @param isStill resolves with whether the board has answered in the session of another start since
   */
  announced(uid: string, boot: string, known: Uint8Array, isStill: Promise<boolean>): void {
    const question = { known: this.#questions.get(uid)?.known ?? known, isStill };
    this.#questions.set(uid, question);
    const decided = isStill.then((is) => {
      if (this.#questions.get(uid) === question) this.#questions.delete(uid);
      if (is) this.takeBack(uid, boot, question.known);
    });
    awaitedLater(decided);
  }

  /** Resolves when no announced start of this board is in question, or after DECIDE_MS. */
  async decided(uid: string): Promise<void> {
    const question = this.#questions.get(uid);
    if (!question) return;
    await within(systemClock, DECIDE_MS, question.isStill, false);
  }
}
