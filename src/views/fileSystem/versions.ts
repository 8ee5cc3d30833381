import type { Board } from '../../core/board';
import type { Stat } from '../../core/boardFiles';

interface Version {
  readonly stat: Stat;
  /** Milliseconds, as VS Code expects. */
  readonly mtime: number;
}

/**
 * Modification times that VS Code can rely on. Boards without a clock give every file the same
 * time, or one in the year 2000 after a reset. So the reported time is when this computer first saw
 * the file in its present state.
 */
export class FileVersions {
  readonly #boards = new WeakMap<Board, Map<string, Version>>();

  constructor(private readonly now: () => number = Date.now) {}

  /** Returns the time to report for `path`, for which the board has just returned `stat`. */
  seen(board: Board, path: string, stat: Stat): number {
    const known = this.#of(board).get(path);
    if (known && same(known.stat, stat)) return known.mtime;
    const mtime = Math.max(this.now(), (known?.mtime ?? 0) + 1);
    this.#of(board).set(path, { stat, mtime });
    return mtime;
  }

  /** Returns the last seen state of `path`. */
  known(board: Board, path: string): Version | undefined {
    return this.#boards.get(board)?.get(path);
  }

  /**
   * Forgets `path` and everything below it after a change from here, so the next check finds a new
   * version.
   */
  forget(board: Board, path: string): void {
    const versions = this.#boards.get(board);
    if (!versions) return;
    for (const known of versions.keys()) {
      if (known === path || known.startsWith(`${path}/`)) versions.delete(known);
    }
  }

  #of(board: Board): Map<string, Version> {
    const versions = this.#boards.get(board) ?? new Map<string, Version>();
    this.#boards.set(board, versions);
    return versions;
  }
}

function same(a: Stat, b: Stat): boolean {
  return a.type === b.type && a.size === b.size && a.mtime === b.mtime;
}
