import { systemClock } from '../../core/async';
import { DisposableStore, Emitter, type Disposable } from '../../core/events';
import type { TreeNode } from './nodes';

/**
 * The rows that VS Code has received from the tree. It forgets them when they are redrawn, until it
 * has asked for them again. A row selected in between is missing in the reported selection (VS
 * Code's `ExtHostTreeView` looks each one up), and no later event reports it, because the selection
 * has not changed since.
 */
export class ShownRows implements Disposable {
  readonly #store = new DisposableStore();
  readonly #given = this.#store.add(new Emitter<void>());
  /** VS Code has received rows, so the selection may contain rows that were missing before. */
  readonly onDidGive = this.#given.event;
  readonly #rows = new Set<TreeNode>();

  /**
   * Records rows that VS Code has asked for. It has them once it has created their items, which
   * takes only promises.
   */
  give(rows: readonly TreeNode[]): void {
    setImmediate(() => {
      for (const row of rows) this.#rows.add(row);
      this.#given.fire();
    });
  }

  /** Call it before VS Code redraws the rows below `nodes`; without `nodes`, all rows. */
  redraw(nodes?: readonly TreeNode[]): void {
    if (!nodes) {
      this.#rows.clear();
      return;
    }
    const boards = new Set(nodes.flatMap((node) => (node.kind === 'board' ? [node.board] : [])));
    for (const row of this.#rows) {
      if ('board' in row && row.kind !== 'board' && boards.has(row.board)) this.#rows.delete(row);
    }
  }

  /** Waits at most `limitMs` until VS Code has `row`, and returns whether it has. */
  async has(row: TreeNode, limitMs: number): Promise<boolean> {
    if (this.#rows.has(row)) return true;
    return new Promise((resolve) => {
      const waiting = new DisposableStore();
      const end = () => {
        waiting.dispose();
        resolve(this.#rows.has(row));
      };
      waiting.add(systemClock.after(limitMs, end));
      waiting.add(
        this.onDidGive(() => {
          if (this.#rows.has(row)) end();
        }),
      );
    });
  }

  dispose(): void {
    this.#store.dispose();
  }
}
