import * as vscode from 'vscode';
import type { ViewContext } from '../context';
import { BoardDragAndDrop } from './dragAndDrop';
import type { TreeNode } from './nodes';

export const BOARDS_VIEW = 'mpyFleet.boards';

/** The boards in the activity bar. */
export function registerTree(context: ViewContext): vscode.Disposable {
  const { tree, active, focus, log } = context;
  const view = vscode.window.createTreeView(BOARDS_VIEW, {
    treeDataProvider: tree,
    dragAndDropController: new BoardDragAndDrop(),
    canSelectMany: true,
    showCollapseAll: true,
  });
  const selection = view.onDidChangeSelection(({ selection: nodes }) => {
    tree.selection = nodes;
    if (tree.probing) {
      tree.probing();
      return;
    }
    focus.turnedToTree();
    const [node] = nodes;
    if (nodes.length !== 1 || !node || node.kind === 'otherPorts' || node.kind === 'group') return;
    active.choose(node.board).catch((error: unknown) => log.warn(String(error)));
  });
  return vscode.Disposable.from(view, selection, showArrangement(context, view));
}

/** Shows in the view's title what the filter matches, and informs menus and the welcome view. */
function showArrangement(
  { tree, arrangement, log }: ViewContext,
  view: vscode.TreeView<TreeNode>,
): vscode.Disposable {
  const show = () => {
    const { filter, grouping } = arrangement;
    const { shown, all } = tree.counts();
    view.description =
      filter === '' ? undefined : vscode.l10n.t('{0} of {1}: {2}', shown, all, filter);
    const context = (key: string, value: unknown) =>
      vscode.commands.executeCommand('setContext', key, value);
    Promise.all([
      context('mpyFleet.filtered', filter !== ''),
      context('mpyFleet.grouping', grouping),
    ]).catch((error: unknown) => log.warn(String(error)));
  };
  show();
  return vscode.Disposable.from(
    arrangement.onDidChange(show),
    tree.onDidChangeTreeData(() => {
      if (arrangement.filter !== '') show();
    }),
  );
}
