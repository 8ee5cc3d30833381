import * as vscode from 'vscode';
import type { Board } from '../../core/board';
import type { Needs } from '../context';
import { BoardDragAndDrop } from './dragAndDrop';
import { boardsOfNode, isWhole, type TreeNode } from './nodes';

export const BOARDS_VIEW = 'mpyFleet.boards';

/** Registers the boards in the activity bar. */
export function registerTree(
  context: Needs<'log' | 'active' | 'focus' | 'arrangement' | 'tree'>,
): vscode.Disposable {
  const { tree, active, focus, log } = context;
  const view = vscode.window.createTreeView(BOARDS_VIEW, {
    treeDataProvider: tree,
    dragAndDropController: new BoardDragAndDrop(),
    canSelectMany: true,
    showCollapseAll: true,
  });
  let revealing: TreeNode | undefined;
  const select = (nodes: readonly TreeNode[]) => {
    const late = tree.order.forRange(tree.selection, nodes);
    tree.selection = nodes;
    if (late) tree.redraw(late);
    setContext(log, 'mpyFleet.boardsSelected', nodes.some(isWhole));
    if (nodes.length === 1 && nodes[0] === revealing) return;
    if (tree.probing) {
      tree.probing();
      return;
    }
    focus.turnedToTree();
    const [node] = nodes;
    if (nodes.length !== 1 || !node || !('board' in node)) return;
    active.choose(node.board).catch((error: unknown) => log.warn(String(error)));
  };
  const isSelected = (board: Board) =>
    tree.selection.some((node) => boardsOfNode(node).includes(board));
  /**
   * Selects the board that was chosen elsewhere. A click on a selected row fires no event, so the
   * row of another board must not stay selected.
   */
  const follow = async () => {
    if (revealing) return;
    await Promise.resolve(); // a terminal that opens makes two boards active, one after the other
    let board = active.current;
    while (view.visible && board && !isSelected(board)) {
      revealing = tree.nodeOf(board);
      await view.reveal(revealing).then(undefined, (error: unknown) => log.warn(String(error)));
      revealing = undefined;
      if (board === active.current) return;
      board = active.current;
    }
  };
  return vscode.Disposable.from(
    view,
    tree.loaders.lookFor(view),
    view.onDidChangeSelection(({ selection }) => select(selection)),
    view.onDidExpandElement(({ element }) => tree.order.toggled(element, true)),
    view.onDidCollapseElement(({ element }) => tree.order.toggled(element, false)),
    active.onDidChoose(() => void follow()),
    // Rows that were selected while they were redrawn are known again.
    tree.shown.onDidGive(() => {
      if (view.selection.length > tree.selection.length) select(view.selection);
    }),
    showArrangement(context, view),
  );
}

/** Shows in the view's title what the filter matches, and informs menus and the welcome view. */
function showArrangement(
  { tree, arrangement, log }: Needs<'log' | 'arrangement' | 'tree'>,
  view: vscode.TreeView<TreeNode>,
): vscode.Disposable {
  const show = () => {
    const { filter, grouping } = arrangement;
    const { shown, all } = tree.counts();
    view.description =
      filter === '' ? undefined : vscode.l10n.t('{0} of {1}: {2}', shown, all, filter);
    setContext(log, 'mpyFleet.filtered', filter !== '');
    setContext(log, 'mpyFleet.grouping', grouping);
  };
  show();
  return vscode.Disposable.from(
    arrangement.onDidChange(show),
    tree.onDidChangeTreeData(() => {
      if (arrangement.filter !== '') show();
    }),
  );
}

/** Sets a key that menus and the welcome view read. */
function setContext(log: Needs<'log'>['log'], key: string, value: unknown): void {
  vscode.commands
    .executeCommand('setContext', key, value)
    .then(undefined, (error: unknown) => log.warn(String(error)));
}
