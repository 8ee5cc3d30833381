import type { Board } from '../../core/board';
import type { Space } from '../../core/boardFiles';
import { nameOf, parentOf, type RemoteNode } from './nodes';

/**
 * Number of files up to which dates are requested. A slow card takes seconds to find each of
 * hundreds of files again.
 */
const DATED = { first: 64 };

/** The contents of folders, read when shown and cached until they change. */
export class FolderListings {
  readonly #boards = new Map<Board, Map<string, Promise<RemoteNode[]>>>();
  readonly #nodes = new Map<Board, Map<string, RemoteNode>>();
  readonly #spaces = new Map<Board, Promise<Space | undefined>>();

  /**
   * Lists a folder: folders first, then by name. A failure is cached as well: reading changes the
   * board's state, which redraws the node, so automatic retries would never end.
   */
  list(board: Board, path: string): Promise<RemoteNode[]> {
    const folders = this.#boards.get(board) ?? new Map<string, Promise<RemoteNode[]>>();
    this.#boards.set(board, folders);
    const listing = folders.get(path) ?? this.#read(board, path);
    folders.set(path, listing);
    return listing;
  }

  /**
   * Returns the board's free space, queried again after a change; the last known value if it cannot
   * be queried now.
   */
  space(board: Board): Promise<Space | undefined> {
    const known = this.#spaces.get(board);
    if (known) return known;
    const asked = board.quietFiles.space('/').catch(() => board.info?.flash);
    this.#spaces.set(board, asked);
    return asked;
  }

  /** Returns whether `path` was read or is being read. */
  has(board: Board, path: string): boolean {
    return this.#boards.get(board)?.has(path) ?? false;
  }

  /** Returns the node of a path that has been listed. */
  node(board: Board, path: string): RemoteNode | undefined {
    return this.#nodes.get(board)?.get(path);
  }

  /**
   * Marks `path` as changed: its folder and everything below it are read again.
   * @returns the visible folders that must be redrawn
   */
  invalidate(board: Board, path: string): string[] {
    this.#spaces.delete(board);
    const folders = this.#boards.get(board);
    if (!folders) return [];
    const prefix = path === '/' ? '/' : `${path}/`;
    const stale = [...folders.keys()].filter(
      (folder) => folder === parentOf(path) || folder === path || folder.startsWith(prefix),
    );
    for (const folder of stale) folders.delete(folder);
    // A new file may be in a new folder, so the nearest visible folder has changed.
    if (stale.length === 0) return path === '/' ? [] : this.invalidate(board, parentOf(path));
    return [...new Set(stale.filter((f) => f === '/' || this.node(board, f)))];
  }

  forget(board: Board): void {
    this.#spaces.delete(board);
    this.#boards.delete(board);
    this.#nodes.delete(board);
  }

  async #read(board: Board, path: string): Promise<RemoteNode[]> {
    const entries = await board.quietFiles.walk(path, { dates: DATED, shallow: true });
    const nodes = this.#nodes.get(board) ?? new Map<string, RemoteNode>();
    this.#nodes.set(board, nodes);
    return entries
      .map((entry): RemoteNode => ({
        kind: 'remote',
        board,
        path: entry.path,
        entry: { ...entry, name: nameOf(entry.path) },
      }))
      .sort(foldersFirst)
      .map((node) => {
        // The same path keeps its object, so that VS Code redraws the existing node.
        const known = nodes.get(node.path);
        const kept = known?.entry.type === node.entry.type ? Object.assign(known, node) : node;
        nodes.set(kept.path, kept);
        return kept;
      });
  }
}

const collator = new Intl.Collator(undefined, { numeric: true });

function foldersFirst(a: RemoteNode, b: RemoteNode): number {
  if (a.entry.type !== b.entry.type) return a.entry.type === 'dir' ? -1 : 1;
  return collator.compare(a.entry.name, b.entry.name);
}
