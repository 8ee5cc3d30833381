import * as vscode from 'vscode';
import type { ViewContext } from '../context';
import { BoardDragAndDrop } from './dragAndDrop';

export const BOARDS_VIEW = 'mpyFleet.boards';

/** The boards in the activity bar. */
export function registerTree(context: ViewContext): vscode.Disposable {
  const { tree, active, log } = context;
  const view = vscode.window.createTreeView(BOARDS_VIEW, {
    treeDataProvider: tree,
    dragAndDropController: new BoardDragAndDrop(),
    canSelectMany: true,
    showCollapseAll: true,
  });
  const selection = view.onDidChangeSelection(({ selection: nodes }) => {
    tree.selection = nodes;
    const [node] = nodes;
    if (nodes.length !== 1 || !node || node.kind === 'otherPorts') return;
    active.choose(node.board).catch((error: unknown) => log.warn(String(error)));
  });
  return vscode.Disposable.from(view, selection);
}
