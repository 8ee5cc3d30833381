import type * as vscode from 'vscode';
import type { Board, Fleet } from '../../core/board';
import type { ActiveBoard } from '../activeBoard';
import type { BoardUris } from '../boardUris';
import type { Arrangement } from './arrangement';
import { boardItem, linkItem, noteItem, remoteItem, shownTags } from './boardItem';
import type { BoardNotes } from './boardNotes';
import { groupItem, otherPortsItem } from './groupItem';
import { loaderItem } from './loaders';
import type { BoardNode, TreeNode } from './nodes';

/** Services that rows take their texts and marks from. */
export interface RowServices {
  readonly arrangement: Arrangement;
  readonly notes: BoardNotes;
  readonly active: ActiveBoard;
  readonly fleet: Fleet;
  readonly uris: BoardUris;
}

/** Returns the row of a node. `several`: more than one board is shown, so the active one is marked. */
export function itemOf(
  node: TreeNode,
  { arrangement, notes, active, fleet, uris }: RowServices,
  several: boolean,
  nodeOf: (board: Board) => BoardNode,
): vscode.TreeItem {
  switch (node.kind) {
    case 'board':
      return boardItem(node, {
        isNew: arrangement.newAmong([node.board]).length > 0,
        ...notes.of(node.board),
        active: several && node.board === active.current,
        lent: fleet.lentTo(node.board),
        tags: arrangement.grouping === 'tag' ? [] : shownTags(fleet, node.board),
      });
    case 'group':
      return groupItem(node, arrangement.grouping);
    case 'link':
      return linkItem(node);
    case 'remote':
      return remoteItem(node, uris.toUri(node.board, node.path));
    case 'note':
      return noteItem(node, nodeOf(node.board));
    case 'otherPorts':
      return otherPortsItem();
    case 'loader':
      return loaderItem(node);
  }
}
