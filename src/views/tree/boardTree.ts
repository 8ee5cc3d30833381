import * as vscode from 'vscode';
import type { Board } from '../../core/board/board';
import type { BoardStateName } from '../../core/board/boardState';
import { DisposableStore, type Disposable } from '../../core/events';
import type { Fleet } from '../../core/board/fleet';
import { sortByName } from '../../core/many/grouping';
import type { PendingJobs } from '../../core/many/pendingJobs';
import { isLikely } from '../activeBoard';
import type { BoardUris } from '../boardUris';
import { Coalescer } from '../coalesce';
import type { FileChange, FileChanges } from '../fileChanges';
import type { Settings } from '../settings';
import type { Arrangement } from './arrangement';
import { boardItem, boardTooltipOf, linkItem, noteItem, remoteItem } from './boardItem';
import { boardChildren, folderChildren } from './boardChildren';
import { FolderListings } from './folderListings';
import { groupItem } from './groupItem';
import { nameOf, parentOf } from './nodes';
import type { BoardNode, GroupNode, RemoteNode, TreeNode } from './nodes';

/** Milliseconds in which changes are gathered: a thousand boards that change at once are one redraw. */
const GATHER_MS = 100;
const DRAWING_SHARE = 3; // times as long as the last drawing took in this process; the window itself takes more
const PAUSE_MS = 1000; // but no change is seen later than this

export interface BoardTreeServices {
  readonly fleet: Fleet;
  readonly uris: BoardUris;
  readonly settings: Settings;
  readonly fileChanges: FileChanges;
  readonly arrangement: Arrangement;
  /** Jobs for boards that are away. */
  readonly pending: PendingJobs;
  readonly log: { warn(message: string): void };
}

/** The boards, their links and their files. Subscribes and redraws single nodes; never polls. */
export class BoardTree implements vscode.TreeDataProvider<TreeNode>, Disposable {
  readonly #store = new DisposableStore();
  readonly #changed = this.#store.add(new vscode.EventEmitter<TreeNode[] | undefined>());
  readonly onDidChangeTreeData = this.#changed.event;
  readonly #nodes = new Map<Board, BoardNode>();
  readonly #listings = new FolderListings();
  readonly #lastState = new WeakMap<Board, BoardStateName>();
  readonly #lastPlace = new WeakMap<Board, string>();
  readonly #redraws = this.#store.add(
    new Coalescer<TreeNode | undefined>(
      () => this.#pause(),
      (nodes) => this.#fire(nodes),
    ),
  );
  /** When a line was last drawn, and the milliseconds that drawing has taken since all was to be drawn. */
  #drawn = 0;
  #cost = 0;
  /** As they were last drawn. */
  #groups: readonly GroupNode[] = [];
  /** Nodes that the user has selected; set by whoever owns the view. */
  selection: readonly TreeNode[] = [];

  constructor(private readonly services: BoardTreeServices) {
    const { fleet, fileChanges, settings, arrangement, pending } = services;
    this.#store.add(pending.onDidChange(() => this.#redraws.add(undefined)));
    this.#store.add(arrangement.onDidChange(() => this.#redraws.add(undefined)));
    this.#store.add(fleet.onDidChangeList(() => this.#redraws.add(undefined)));
    this.#store.add(fleet.onDidChangeBoard((board) => this.#boardChanged(board)));
    this.#store.add(fileChanges.onDidChange((changes) => this.#filesChanged(changes)));
    this.#store.add(
      settings.onDidChange((names) => {
        if (names.includes('showOtherPorts')) this.#redraws.add(undefined);
      }),
    );
  }

  nodeOf(board: Board): BoardNode {
    const node = this.#nodes.get(board) ?? { kind: 'board', board };
    this.#nodes.set(board, node);
    return node;
  }

  /** Reads folders of `board` again when they are next shown. */
  refresh(board: Board): void {
    this.#listings.forget(board);
    this.#redraws.add(this.nodeOf(board));
  }

  getTreeItem(node: TreeNode): vscode.TreeItem {
    const now = performance.now();
    if (now - this.#drawn < GATHER_MS) this.#cost += now - this.#drawn; // else a new drawing begins
    this.#drawn = now;
    switch (node.kind) {
      case 'board':
        return boardItem(node, this.#jobsFor(node.board));
      case 'group':
        return groupItem(node, this.services.arrangement.grouping);
      case 'link':
        return linkItem(node);
      case 'remote':
        return remoteItem(node, this.services.uris.toUri(node.board, node.path));
      case 'note':
        return noteItem(node, this.nodeOf(node.board));
      case 'otherPorts':
        return otherPortsItem();
    }
  }

  resolveTreeItem(item: vscode.TreeItem, node: TreeNode): vscode.TreeItem {
    if (node.kind === 'board') {
      item.tooltip = boardTooltipOf(node.board, this.services.fleet.tagsOf(node.board));
    }
    return item;
  }

  async getChildren(node?: TreeNode): Promise<TreeNode[]> {
    if (!node) return this.#roots();
    switch (node.kind) {
      case 'board':
        return node.alsoIn === undefined ? boardChildren(node.board, this.#listings) : [];
      case 'group':
        return this.#inGroup(node);
      case 'remote':
        return folderChildren(node.board, node.path, this.#listings);
      case 'otherPorts':
        return this.#lines(this.services.fleet.boards.filter((b) => !isLikely(b)));
      default:
        return [];
    }
  }

  getParent(node: TreeNode): TreeNode | undefined {
    switch (node.kind) {
      case 'board':
        return isLikely(node.board) ? this.#groupOf(node) : { kind: 'otherPorts' };
      case 'group':
        return undefined;
      case 'remote': {
        const parent = parentOf(node.path);
        return parent === '/' ? this.nodeOf(node.board) : this.#listings.node(node.board, parent);
      }
      case 'link':
      case 'note':
        return this.nodeOf(node.board);
      case 'otherPorts':
        return undefined;
    }
  }

  /** The boards that are shown, of how many. */
  counts(): { shown: number; all: number } {
    const likely = this.services.fleet.boards.filter(isLikely);
    return { shown: this.services.arrangement.filtered(likely).length, all: likely.length };
  }

  /** Other ports are shown beside boards; alone they would hide the welcome view, so then only when asked for. */
  #roots(): TreeNode[] {
    const { fleet, settings, arrangement } = this.services;
    const likely = fleet.boards.filter(isLikely);
    const shown = arrangement.filtered(likely);
    for (const board of likely) this.#lastPlace.set(board, arrangement.placeOf(board));
    const grouped = arrangement.grouping !== 'none';
    this.#groups = grouped
      ? arrangement.groups(shown).map((group) => ({ kind: 'group', ...group }))
      : [];
    const lines = grouped ? this.#groups : this.#lines(sortByName(shown));
    if (arrangement.filter !== '') return [...lines];
    const others = likely.length < fleet.boards.length;
    const showOthers = others && (likely.length > 0 || settings.get('showOtherPorts'));
    return [...lines, ...(showOthers ? [{ kind: 'otherPorts' } as const] : [])];
  }

  #lines(boards: readonly Board[]): BoardNode[] {
    return boards.map((board) => this.nodeOf(board));
  }

  /** A board with several tags is in several groups: at home in the first, and named in the others. */
  #inGroup(group: GroupNode): BoardNode[] {
    return group.boards.map((board) => {
      const home = this.#groups.find((g) => g.boards.includes(board));
      if (home?.key === group.key) return this.nodeOf(board);
      return { kind: 'board', board, alsoIn: group.key ?? '' };
    });
  }

  #groupOf({ board, alsoIn }: BoardNode): GroupNode | undefined {
    return this.#groups.find((g) =>
      alsoIn === undefined ? g.boards.includes(board) : g.key === alsoIn,
    );
  }

  #boardChanged(board: Board): void {
    const { tag } = board.state;
    // What was not shown because a program ran can be read now.
    const stopped = tag === 'idle' && this.#lastState.get(board) === 'running';
    if (tag !== 'busy') this.#lastState.set(board, tag);
    if (!board.transport || stopped) this.#listings.forget(board);
    if (this.services.arrangement.placeOf(board) !== (this.#lastPlace.get(board) ?? '')) {
      this.#redraws.add(undefined);
    } else if (this.#nodes.has(board)) this.#redraws.add(this.nodeOf(board));
  }

  #filesChanged(changes: readonly FileChange[]): void {
    for (const { board, path } of changes) {
      // The whole board, since its line of free space changes too; with it VS Code draws the folders that are open.
      if (this.#listings.invalidate(board, path).length > 0) this.#redraws.add(this.nodeOf(board));
    }
  }

  #jobsFor({ uid }: Board): number {
    return uid === undefined ? 0 : this.services.pending.for(uid).length;
  }

  /** Drawing thousands of boards takes long: while they come, it must not take all the time, or they come later. */
  #pause(): number {
    return Math.min(Math.max(GATHER_MS, DRAWING_SHARE * this.#cost), PAUSE_MS);
  }

  #fire(nodes: readonly (TreeNode | undefined)[]): void {
    if (nodes.includes(undefined)) {
      const here = new Set(this.services.fleet.boards);
      for (const board of this.#nodes.keys()) if (!here.has(board)) this.#nodes.delete(board);
      this.#cost = 0;
      this.#changed.fire(undefined);
    } else {
      this.#changed.fire(nodes.filter((n) => n !== undefined));
    }
  }

  dispose(): void {
    this.#store.dispose();
  }
}

/** The node of a path for commands that have only a path (a drop on a board, an open editor). */
export function remoteNode(board: Board, path: string, type: 'file' | 'dir'): RemoteNode {
  return { kind: 'remote', board, path, entry: { name: nameOf(path), type, size: 0 } };
}

function otherPortsItem(): vscode.TreeItem {
  const item = new vscode.TreeItem(
    vscode.l10n.t('Other ports'),
    vscode.TreeItemCollapsibleState.Collapsed,
  );
  item.id = 'otherPorts';
  item.iconPath = new vscode.ThemeIcon('plug');
  item.tooltip = vscode.l10n.t(
    'Ports that do not look like a board. They are never opened by themselves.',
  );
  item.contextValue = 'otherPorts';
  return item;
}
