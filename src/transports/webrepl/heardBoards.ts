import type { Found } from '../../core/board';
import type { Clock } from '../../core/async';
import { MOST_BOARDS } from '../../core/webrepl/webreplFound';

/** Boards that announce themselves on the network, until they have been silent for `lostMs`. */
export class HeardBoards {
  readonly #boards = new Map<string, { found: Found; heardAt: number }>();

  /** @param lostMs milliseconds after the last announcement at which a board counts as gone */
  constructor(
    private readonly clock: Clock,
    private readonly lostMs: number,
  ) {}

  get found(): readonly Found[] {
    return [...this.#boards.values()].map((board) => board.found);
  }

  /**
   * Takes an announcement. Returns what was known about the board before, and whether there was
   * room for it.
   */
  hear(found: Found): { before: Found | undefined; isKept: boolean } {
    const key = found.address.text;
    const before = this.#boards.get(key)?.found;
    // Anyone on the network may announce any number of boards.
    if (!before && this.#boards.size >= MOST_BOARDS) return { before, isKept: false };
    this.#boards.set(key, { found, heardAt: this.clock.now() });
    return { before, isKept: true };
  }

  /** Removes boards that have been silent for too long, and returns whether there were any. */
  forget(): boolean {
    const before = this.#boards.size;
    for (const [key, { heardAt }] of this.#boards) {
      if (this.clock.now() - heardAt > this.lostMs) this.#boards.delete(key);
    }
    return this.#boards.size !== before;
  }
}
