import * as vscode from 'vscode';
import type { TreeNode } from './nodes';

/** The part of the tree that a key's rows are read from. */
export interface KeyedTree {
  /** Rows that are selected. */
  readonly selection: readonly TreeNode[];
  /** While true, changes of the selection are ours and not the user's. */
  probing: boolean;
}

/**
 * The rows that a key pressed in the tree means: the focused row, with the whole selection if it is part of that, as in the
 * Explorer. VS Code gives a key's command no row, and an extension sees the selection only, which the arrow keys do not move.
 * So the focused row is toggled in the selection, which shows it, and toggled back. Focus and selection end as they were.
 */
export async function keyRows(tree: KeyedTree): Promise<readonly TreeNode[]> {
  const before = tree.selection;
  tree.probing = true;
  try {
    await vscode.commands.executeCommand('list.toggleSelection');
    const toggled = tree.selection;
    await vscode.commands.executeCommand('list.toggleSelection');
    const added = toggled.find((node) => !before.includes(node));
    const focused = added ?? before.find((node) => !toggled.includes(node));
    if (!focused) return before; // the toggle did nothing, or its news has not come
    return added ? [added] : [focused, ...before.filter((node) => node !== focused)];
  } finally {
    tree.probing = false;
  }
}
