import { boardsOfNode, type TreeNode } from './nodes';

/** Number of rows that are redrawn only because they are selected; more would make each change of a board slow. */
const MOST_ROWS = 100;

/** Milliseconds within which VS Code draws rows, also on a busy computer. */
const DRAWING_MS = 1_000;

/**
 * Determines which rows are redrawn while several are selected. When VS Code redraws a selected row, it shows the selected rows
 * below it as not selected, although its menus and commands still use them (`Trait.splice` of its list stops copying at the first
 * index that is replaced). A row that is redrawn after those above it looks selected again. So the selected rows below are
 * redrawn too, from top to bottom. VS Code redraws an open row when it has received the rows inside; the rows below follow then.
 */
export class RedrawOrder {
  #top: readonly TreeNode[] = [];
  readonly #inside = new WeakMap<TreeNode, readonly TreeNode[]>();
  readonly #closed = new WeakSet<TreeNode>();
  /** When VS Code last got rows to draw, in milliseconds of `now`. */
  #drawn = -Infinity;

  constructor(private readonly now = () => performance.now()) {}

  /** Records rows that VS Code has asked for; without `parent`, the top rows. */
  given(parent: TreeNode | undefined, rows: readonly TreeNode[]): void {
    this.#drawn = this.now();
    if (parent) {
      this.#inside.set(parent, rows);
      this.#closed.delete(parent);
    } else this.#top = rows;
  }

  /** Records that the user has opened or closed a row. */
  toggled(node: TreeNode, isOpen: boolean): void {
    if (isOpen) this.#closed.delete(node);
    else this.#closed.add(node);
  }

  /** Returns `nodes` and the selected rows that must be redrawn with them, from top to bottom. */
  together(nodes: readonly TreeNode[], selection: readonly TreeNode[]): readonly TreeNode[] {
    this.#drawn = this.now();
    if (selection.length < 2) return nodes;
    const wanted = new Set(nodes);
    const selected = new Set(selection);
    const follows = (row: TreeNode) => this.#isOpen(row) && hasBoardOf(row, selection);
    const rows: TreeNode[] = [];
    let isLost = false;
    let added = 0;
    for (const row of this.#shown(this.#top)) {
      const isWanted = wanted.delete(row);
      if (!isWanted && !(isLost && added < MOST_ROWS && selected.has(row) && isPlain(row)))
        continue;
      if (!isWanted) added++;
      rows.push(row);
      if (follows(row)) isLost = false;
      else if (selected.has(row)) isLost = true;
    }
    return [...rows, ...wanted];
  }

  /**
   * Returns the selected rows to redraw after VS Code has received the rows inside `parent`: those below it up to the next open
   * one, after which the others follow.
   */
  after(parent: TreeNode | undefined, selection: readonly TreeNode[]): TreeNode[] {
    if (!parent || selection.length < 2 || !hasBoardOf(parent, selection)) return [];
    const selected = new Set(selection);
    const rows: TreeNode[] = [];
    let isBelow = false;
    for (const row of this.#shown(this.#top)) {
      if (isBelow && selected.has(row) && isPlain(row)) {
        rows.push(row);
        if (this.#isOpen(row) || rows.length === MOST_ROWS) break;
      }
      if (row === parent) isBelow = true;
    }
    return rows;
  }

  /**
   * Returns the row to redraw after a range was selected, if VS Code may have been drawing rows: they
   * were chosen for the selection before, so the range may look as if only its first row were selected.
   */
  forRange(before: readonly TreeNode[], selection: readonly TreeNode[]): TreeNode | undefined {
    const added = selection.filter((row) => !before.includes(row));
    if (added.length < 2 || this.now() - this.#drawn > DRAWING_MS) return undefined;
    return selection.find(({ kind }) => kind === 'board');
  }

  #isOpen(node: TreeNode): boolean {
    return this.#inside.has(node) && !this.#closed.has(node);
  }

  /** Yields all rows that are shown, from top to bottom. */
  *#shown(rows: readonly TreeNode[]): Generator<TreeNode> {
    for (const row of rows) {
      yield row;
      if (this.#isOpen(row)) yield* this.#shown(this.#inside.get(row) ?? []);
    }
  }
}

/** Returns whether a row can be redrawn without the rows inside it becoming unknown to VS Code for longer than those of a board. */
function isPlain(node: TreeNode): boolean {
  return node.kind === 'board' || (node.kind === 'remote' && node.entry.type === 'file');
}

/** Returns whether a board of `row` is selected, or something on it. */
function hasBoardOf(row: TreeNode, selection: readonly TreeNode[]): boolean {
  const boards = new Set(boardsOfNode(row));
  return selection.some((node) => boardsOfNode(node).some((board) => boards.has(board)));
}
