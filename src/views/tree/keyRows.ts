import * as vscode from 'vscode';
import { Deferred, systemClock } from '../../core/async';
import type { TreeNode } from './nodes';

/**
 * Milliseconds to wait for a selection. VS Code reports it within milliseconds; on a busy computer,
 * within a second or two.
 */
const NEWS_MS = 2_000;

/** The part of the tree from which a key's rows are read. */
export interface KeyedTree {
  /** Rows that are selected. */
  readonly selection: readonly TreeNode[];
  /**
   * While this is set, changes of the selection come from us and not from the user. Called for each
   * of them.
   */
  probing: (() => void) | undefined;
  /** Rows that VS Code has; see ShownRows. */
  readonly shown: { has(row: TreeNode, limitMs: number): Promise<boolean> };
}

/**
 * Returns the rows that a key pressed in the tree refers to: the focused row, with the whole
 * selection if it is part of that, as in the Explorer. VS Code gives a key's command no row, and an
 * extension sees only the selection, which the arrow keys do not move. So this toggles the focused
 * row in the selection, which reveals it, and toggles it back. Focus and selection end as they
 * were. Returns no row if VS Code does not report the toggled one: the selected row may not be the
 * focused one.
 */
export async function keyRows(tree: KeyedTree): Promise<readonly TreeNode[]> {
  const before = tree.selection;
  try {
    const toggled = await toggle(tree);
    const missing = toggled && before.find((node) => !toggled.includes(node));
    // A row that is being redrawn is also missing, until VS Code has it again.
    const isSure = !missing || (await tree.shown.has(missing, NEWS_MS));
    const now = toggled && isSure ? tree.selection : before;
    // Even without a report, a toggle that is reported late must be undone.
    await toggle(tree);
    const added = now.filter((node) => !before.includes(node));
    const removed = before.filter((node) => !now.includes(node));
    const [focused, ...more] = [...added, ...removed];
    if (!focused || more.length > 0) return []; // one toggle changes one row
    return added.length > 0 ? added : [focused, ...before.filter((node) => node !== focused)];
  } finally {
    tree.probing = undefined;
  }
}

/**
 * Toggles the focused row and returns the selection that VS Code then reports. Undefined if it
 * reports none.
 */
async function toggle(tree: KeyedTree): Promise<readonly TreeNode[] | undefined> {
  const news = new Deferred<boolean>();
  tree.probing = () => news.resolve(true);
  await vscode.commands.executeCommand('list.toggleSelection');
  const limit = systemClock.after(NEWS_MS, () => news.resolve(false));
  const isReported = await news.promise.finally(() => limit.dispose());
  return isReported ? tree.selection : undefined;
}
