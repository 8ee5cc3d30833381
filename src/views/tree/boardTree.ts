import * as vscode from 'vscode';
import type { Board, BoardStateName } from '../../core/board';
import { DisposableStore, type Disposable } from '../../core/events';
import { sortByName } from '../../core/many';
import { isLikely } from '../activeBoard';
import { Coalescer } from '../coalesce';
import type { FileChange, FileChanges } from '../fileChanges';
import type { Settings } from '../settings';
import { boardTooltipOf, shownTags } from './boardItem';
import { boardChildren, folderChildren } from './boardChildren';
import { BoardReads } from './boardReads';
import { FolderListings } from './folderListings';
import { LoaderDrives } from './loaders';
import { RedrawOrder } from './redrawOrder';
import { itemOf, type RowServices } from './rowItem';
import { ShownRows } from './shownRows';
import { NEW_BOARDS, parentOf, type BoardNode, type GroupNode, type TreeNode } from './nodes';

/**
 * Milliseconds in which changes are collected: a thousand boards that change together cause one
 * redraw.
 */
const GATHER_MS = 100;
const DRAWING_SHARE = 3; // multiple of the duration of the last drawing in this process; the window itself takes longer
const PAUSE_MS = 1000; // but no change is seen later than this

interface BoardTreeServices extends RowServices {
  readonly settings: Settings;
  readonly fileChanges: FileChanges;
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
  readonly #lastName = new WeakMap<Board, string>();
  readonly #redraws = this.#store.add(
    new Coalescer<TreeNode | undefined>(
      () => this.#pause(),
      (nodes) => this.#fire(nodes),
    ),
  );
  /**
   * When a row was last drawn, and the milliseconds spent drawing since the last full redraw began.
   */
  #drawn = 0;
  #cost = 0;
  /** The board that is marked as active. */
  #active: Board | undefined;
  /** Whether more than one board was shown at the last full redraw. */
  #several = false;
  /** The rows as they were last drawn. */
  #groups: readonly GroupNode[] = [];
  /** Selected nodes; set by the owner of the view. */
  selection: readonly TreeNode[] = [];
  probing: (() => void) | undefined;
  /** Rows that VS Code has, which are those whose selection it reports. */
  readonly shown = this.#store.add(new ShownRows());
  readonly order = new RedrawOrder();
  readonly #reads = new BoardReads(
    (board) => this.#redraws.add(this.nodeOf(board)),
    (board, path) =>
      path === '/'
        ? boardChildren(board, this.#listings)
        : folderChildren(board, path, this.#listings),
  );
  /** Boards in their loader, which come first. */
  readonly loaders: LoaderDrives;

  constructor(private readonly services: BoardTreeServices) {
    const { fleet, fileChanges, settings, arrangement, active, notes } = services;
    this.loaders = this.#store.add(new LoaderDrives(services.log));
    this.#store.add(this.loaders.onDidChange(() => this.#redraws.add(undefined)));
    const redraw = (board?: Board) => this.#redraws.add(board && this.nodeOf(board));
    this.#store.add(notes.onDidChange(redraw));
    this.#store.add(arrangement.onDidChange(() => this.#redraws.add(undefined)));
    this.#store.add(active.onDidChange((board) => this.#activeChanged(board)));
    this.#store.add(fleet.onDidChangeList(() => this.#redraws.add(undefined)));
    this.#store.add(fleet.onDidChangeBoard((board) => this.#boardChanged(board)));
    this.#store.add(fileChanges.onDidChange((changes) => this.#filesChanged(changes)));
    this.#store.add(
      settings.onDidChange((names) => {
        if (names.includes('showOtherPorts')) this.#redraws.add(undefined);
      }),
    );
  }

  redraw(node: TreeNode): void {
    this.#redraws.add(node);
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
    if (now - this.#drawn < GATHER_MS) this.#cost += now - this.#drawn; // otherwise a new drawing starts
    this.#drawn = now;
    return itemOf(node, this.services, this.#several, (board) => this.nodeOf(board));
  }

  resolveTreeItem(item: vscode.TreeItem, node: TreeNode): vscode.TreeItem {
    if (node.kind === 'board') {
      item.tooltip = boardTooltipOf(node.board, shownTags(this.services.fleet, node.board));
    }
    return item;
  }

  async getChildren(node?: TreeNode): Promise<TreeNode[]> {
    const rows = await this.#childrenOf(node);
    this.shown.give(rows);
    this.order.given(node, rows);
    for (const row of this.order.after(node, this.selection)) this.#redraws.add(row);
    return rows;
  }

  async #childrenOf(node: TreeNode | undefined): Promise<TreeNode[]> {
    if (!node) return this.#roots();
    switch (node.kind) {
      case 'board':
        if (node.alsoIn !== undefined) return [];
        return this.#reads.read(node.board, async () => [
          ...this.services.notes.appRow(node.board),
          ...(await boardChildren(node.board, this.#listings)),
        ]);
      case 'group':
        return this.#inGroup(node);
      case 'remote':
        return this.#reads.read(node.board, () =>
          folderChildren(node.board, node.path, this.#listings),
        );
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
      case 'loader':
        return undefined;
    }
  }

  /** Returns the number of boards shown and the total. */
  counts(): { shown: number; all: number } {
    const likely = this.services.fleet.boards.filter(isLikely);
    return { shown: this.services.arrangement.filtered(likely).length, all: likely.length };
  }

  /**
   * Returns the top rows. Other ports are shown next to boards. Without boards they would hide the
   * welcome view, so they are then shown only on request.
   */
  #roots(): TreeNode[] {
    const { fleet, settings, arrangement } = this.services;
    const likely = fleet.boards.filter(isLikely);
    const shown = arrangement.filtered(likely);
    this.#several = likely.length > 1;
    for (const board of likely) {
      this.#lastPlace.set(board, arrangement.placeOf(board));
      this.#lastName.set(board, board.name);
    }
    const grouped = arrangement.grouping !== 'none';
    const fresh = new Set(arrangement.newAmong(shown));
    const own = shown.filter((board) => !fresh.has(board));
    const groups = grouped ? arrangement.groups(own) : [];
    if (fresh.size > 0) groups.push({ key: NEW_BOARDS, boards: sortByName([...fresh]) });
    this.#groups = groups.map((group) => ({ kind: 'group', ...group }));
    const lines = [...(grouped ? [] : this.#lines(sortByName(own))), ...this.#groups];
    if (arrangement.filter !== '') return [...lines];
    const others = likely.length < fleet.boards.length;
    const showOthers = others && (likely.length > 0 || settings.get('showOtherPorts'));
    return [
      ...this.loaders.nodes,
      ...lines,
      ...(showOthers ? [{ kind: 'otherPorts' } as const] : []),
    ];
  }

  #lines(boards: readonly Board[]): BoardNode[] {
    return boards.map((board) => this.nodeOf(board));
  }

  /**
   * Returns the boards of a group. A board with several tags is in several groups: with its files
   * in the first, and by name in the others.
   */
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
    // Files that were hidden because a program ran can now be read.
    const stopped = tag === 'idle' && this.#lastState.get(board) === 'running';
    if (tag !== 'busy') this.#lastState.set(board, tag);
    if (!board.transport || stopped) this.#listings.forget(board);
    const moved = this.services.arrangement.placeOf(board) !== (this.#lastPlace.get(board) ?? '');
    // Lines are sorted by name.
    if (moved || (this.#lastName.get(board) ?? board.name) !== board.name) {
      this.#redraws.add(undefined);
    } else if (this.#nodes.has(board)) this.#redraws.add(this.nodeOf(board));
  }

  /** Redraws both rows when the mark moves from one to the other. */
  #activeChanged(board: Board | undefined): void {
    for (const changed of [this.#active, board]) {
      if (changed && this.#nodes.has(changed)) this.#redraws.add(this.nodeOf(changed));
    }
    this.#active = board;
  }

  #filesChanged(changes: readonly FileChange[]): void {
    for (const { board, path } of changes) {
      // The whole board, since its line of free space changes too; with it VS Code draws the folders that are open.
      const folders = this.#listings.invalidate(board, path);
      if (folders.length === 0) continue;
      this.#reads.changed(board, folders);
      this.#redraws.add(this.nodeOf(board));
    }
  }

  /**
   * Returns the pause before the next drawing, in milliseconds. Drawing thousands of boards takes long
   * and must not use all the time while they are being found.
   */
  #pause(): number {
    return Math.min(Math.max(GATHER_MS, DRAWING_SHARE * this.#cost), PAUSE_MS);
  }

  #fire(nodes: readonly (TreeNode | undefined)[]): void {
    if (nodes.includes(undefined)) {
      const here = new Set(this.services.fleet.boards);
      for (const board of this.#nodes.keys()) {
        if (here.has(board)) continue;
        this.#nodes.delete(board);
        this.#reads.forget(board);
      }
      this.#cost = 0;
      this.shown.redraw();
      this.#changed.fire(undefined);
    } else {
      const rows = this.order.together(
        nodes.filter((n) => n !== undefined),
        this.selection,
      );
      const ready = rows.filter((n) => n.kind !== 'board' || !this.#reads.putOff(n.board));
      if (ready.length === 0) return;
      this.shown.redraw(ready);
      this.#changed.fire(ready);
    }
  }

  dispose(): void {
    this.#store.dispose();
  }
}
