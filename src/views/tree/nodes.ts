import type { Board, Link } from '../../core/board';
import type { Entry } from '../../core/boardFiles';
import { under } from '../../core/files';
import type { LoaderNode } from './loaders';

/**
 * A board. There is one object per board while it is in the tree, so that single nodes can be
 * redrawn.
 */
export interface BoardNode {
  readonly kind: 'board';
  readonly board: Board;
  /** The board is also in this group: a second row, without its files. */
  readonly alsoIn?: string;
}

/** Key of the group of boards that are not adopted. No tag, platform or broker has this name. */
export const NEW_BOARDS = '*new*';

/** Boards that have something in common; see Grouping. */
export interface GroupNode {
  readonly kind: 'group';
  /** Undefined: boards without a tag, a broker or a known platform. */
  readonly key: string | undefined;
  readonly boards: readonly Board[];
}

/** One of several ways to reach a board. */
export interface LinkNode {
  readonly kind: 'link';
  readonly board: Board;
  readonly link: Link;
}

/** A file or folder on a board. */
export interface RemoteNode {
  readonly kind: 'remote';
  readonly board: Board;
  readonly path: string;
  readonly entry: Entry;
}

/** Ports that are certainly not boards. */
export interface OtherPortsNode {
  readonly kind: 'otherPorts';
}

/** A text row below a board: free space, or the reason why files are not shown and the action on a click. */
export interface NoteNode {
  readonly kind: 'note';
  readonly board: Board;
  readonly label: string;
  readonly description?: string;
  readonly icon: string;
  readonly tooltip?: string;
  /** A command of the extension, called with the board's node. */
  readonly command?: string;
}

export type TreeNode =
  BoardNode | GroupNode | LinkNode | RemoteNode | OtherPortsNode | NoteNode | LoaderNode;

/** Returns whether a command's argument is a node of the tree. */
export function isTreeNode(value: unknown): value is TreeNode {
  if (typeof value !== 'object' || value === null || !('kind' in value)) return false;
  return ['board', 'group', 'link', 'remote', 'otherPorts', 'note', 'loader'].includes(
    String(value.kind),
  );
}

/** Returns the boards that a node represents. */
export function boardsOfNode(node: TreeNode): readonly Board[] {
  if (node.kind === 'otherPorts' || node.kind === 'loader') return [];
  return node.kind === 'group' ? node.boards : [node.board];
}

/**
 * Returns the rows that a selection means. A range from one board to another includes the rows below
 * an open board, and the boards are meant then. Undefined if the selection is ambiguous: it has
 * boards, and also files of boards that are not selected.
 */
export function meantRows(rows: readonly TreeNode[]): readonly TreeNode[] | undefined {
  const boards = new Set(rows.filter(isWhole).flatMap(boardsOfNode));
  if (boards.size === 0) return rows;
  const parts = rows.filter((row) => !isWhole(row));
  const isWithin = (row: TreeNode) => boardsOfNode(row).every((board) => boards.has(board));
  return parts.every(isWithin) ? rows.filter(isWhole) : undefined;
}

/** Returns whether the row is a board or a group, not a part of a board such as a file. */
export function isWhole({ kind }: TreeNode): boolean {
  return kind === 'board' || kind === 'group';
}

/**
 * Returns the folder that `node` represents: a board's root, or the folder that contains a file.
 */
export function folderOf(node: TreeNode): string {
  if (node.kind !== 'remote') return '/';
  return node.entry.type === 'dir' ? node.path : parentOf(node.path);
}

/** Returns the parent folder: `/lib/a.py` -> `/lib`. The root's parent is the root. */
export function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/';
}

/** Returns the path of an entry: `/lib` and `a.py` -> `/lib/a.py`. */
export function childOf(folder: string, name: string): string {
  return under(folder, `/${name}`);
}

/** Returns the last part of a path. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
