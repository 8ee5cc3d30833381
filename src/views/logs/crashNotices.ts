import { withAgentNames } from '../../core/agent';
import type { BoardMessage } from '../../core/broker/broker';
import { inertText } from '../../core/inertText';

/** Number of crash messages that may be open at the same time; further boards wait. */
const MOST_OPEN = 3;
/** Longest last line of a traceback in a message, in characters. */
const LINE_LIMIT = 200;

/** One message: the crashes of a board since the last message about it. */
export interface CrashNotice {
  readonly uid: string;
  readonly name: string;
  /** Last line of the latest traceback. */
  readonly line: string;
  readonly count: number;
}

export interface CrashNoticeServices {
  /**
   * Returns the board's name; undefined for a board that the user has never used. Anyone who can
   * publish at the broker can send an event with any board's id, so only trusted boards cause
   * messages.
   */
  trustedName(uid: string): Promise<string | undefined>;
  /** A trusted board has crashed once more; `line` is the last line of the traceback. */
  crashed?(uid: string, line: string): void;
  /** Shows the message. Resolves when the user has closed or answered it. */
  show(notice: CrashNotice): Promise<void>;
}

/**
 * Decides which crashes cause a message: only those of trusted boards, one message per board at a
 * time. Further crashes are counted.
 */
export class CrashNotices {
  readonly #waiting = new Map<string, CrashNotice>();
  readonly #open = new Set<string>();
  /** The latest crash of each trusted board: a board repeats its report until it is read. */
  readonly #latest = new Map<string, string>();
  #ignored = 0;

  constructor(private readonly services: CrashNoticeServices) {}

  /** Number of events of untrusted boards that were ignored. */
  get ignored(): number {
    return this.#ignored;
  }

  /**
   * Processes a broker's message; ignores everything but crashes. Resolves when its message is
   * closed.
   */
  async take({ uid, topic, data }: BoardMessage): Promise<void> {
    if (topic !== 'ev' || data.ev !== 'crash' || typeof data.tb !== 'string') return;
    const name = await this.services.trustedName(uid);
    if (name === undefined) {
      this.#ignored++;
      return;
    }
    const crash = `${String(data.boot0)} ${data.tb}`.slice(0, 500);
    if (this.#latest.get(uid) === crash) return;
    this.#latest.set(uid, crash);
    const last = withAgentNames(data.tb).trimEnd().split('\n').at(-1) ?? '';
    this.services.crashed?.(uid, inertText(last, LINE_LIMIT));
    const count = (this.#waiting.get(uid)?.count ?? 0) + 1;
    this.#waiting.set(uid, { uid, name, line: inertText(last, LINE_LIMIT), count });
    await this.#showNext();
  }

  async #showNext(): Promise<void> {
    if (this.#open.size >= MOST_OPEN) return;
    const next = [...this.#waiting.values()].find(({ uid }) => !this.#open.has(uid));
    if (!next) return;
    this.#waiting.delete(next.uid);
    this.#open.add(next.uid);
    try {
      await this.services.show(next);
    } finally {
      this.#open.delete(next.uid);
    }
    await this.#showNext();
  }
}
