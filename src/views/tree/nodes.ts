import type { Board, Link } from '../../core/board/board';
import type { Entry } from '../../core/boardFiles';

/** A board. One object per board for as long as it is in the tree, so that single nodes can be redrawn. */
export interface BoardNode {
  readonly kind: 'board';
  readonly board: Board;
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

/** Ports that are surely no board. */
export interface OtherPortsNode {
  readonly kind: 'otherPorts';
}

/** A line of words beneath a board: free space, or why the files are not shown and what a click does about it. */
export interface NoteNode {
  readonly kind: 'note';
  readonly board: Board;
  readonly label: string;
  readonly description?: string;
  readonly icon: string;
  readonly tooltip?: string;
  /** A command of ours, called with the board's node. */
  readonly command?: string;
}

export type TreeNode = BoardNode | LinkNode | RemoteNode | OtherPortsNode | NoteNode;

/** Whether a command's argument is a node of the tree. */
export function isTreeNode(value: unknown): value is TreeNode {
  if (typeof value !== 'object' || value === null || !('kind' in value)) return false;
  return ['board', 'link', 'remote', 'otherPorts', 'note'].includes(String(value.kind));
}

/** The folder that `node` stands for: a board's is its root, a file's is the one it is in. */
export function folderOf(node: TreeNode): string {
  if (node.kind !== 'remote') return '/';
  return node.entry.type === 'dir' ? node.path : parentOf(node.path);
}

/** `/lib/a.py` -> `/lib`; the root's parent is the root. */
export function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/';
}

/** `/lib` and `a.py` -> `/lib/a.py`. */
export function childOf(folder: string, name: string): string {
  return folder === '/' ? `/${name}` : `${folder}/${name}`;
}

/** The last part of a path. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
