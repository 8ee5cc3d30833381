import * as vscode from 'vscode';
import type { Board } from '../../core/board/board';
import { isConnected, type BoardState } from '../../core/board/boardState';
import { isLikely } from '../activeBoard';
import { Coalescer } from '../coalesce';
import type { ViewContext } from '../context';
import { stateWords } from '../tree/boardItem';
import { stateLook } from '../tree/boardLook';
import type { ShownPackage } from './packageCenter';

/** A package on a board. */
export interface PackageNode {
  readonly kind: 'package';
  readonly board: Board;
  /** As it is drawn. */
  installed: ShownPackage;
}

type Row =
  { readonly kind: 'board'; readonly board: Board } | PackageNode | { readonly kind: 'empty' };

export const PACKAGES_VIEW = 'mpyFleet.packages';

/** What is drawn of a board's state here: whether it can be reached, not what it is doing. */
const OPEN: BoardState = { tag: 'connected' };

/** So many boards show what is on them without being asked. */
const FEW_BOARDS = 10;

/** Milliseconds in which changes of boards are gathered before the view is drawn again. */
const GATHER_MS = 100;

/**
 * A click on a row is lost while VS Code asks for the rows around it anew, so what is drawn is asked for again only where other
 * rows are to be there.
 */
class PackageRows implements vscode.TreeDataProvider<Row> {
  readonly #changed = new vscode.EventEmitter<Row[] | undefined>();
  readonly onDidChangeTreeData = this.#changed.event;
  /** How each board is drawn, and what is shown below those that are opened. */
  readonly #drawn = new WeakMap<Board, string>();
  readonly #shown = new WeakMap<Board, PackageNode[]>();

  constructor(private readonly context: ViewContext) {}

  refresh(): void {
    this.#changed.fire(undefined);
  }

  /** Whether a board is drawn otherwise than before. */
  hasChanged(board: Board): boolean {
    const drawn = [board.name, isLikely(board), board.present, stateOf(board)].join('|');
    const changed = this.#drawn.get(board) !== drawn;
    this.#drawn.set(board, drawn);
    return changed;
  }

  /** Draws the packages of a board as they are now. */
  async update(board: Board): Promise<void> {
    const now = await this.#packagesOf(board);
    const shown = this.#shown.get(board) ?? [];
    const ids = (list: readonly ShownPackage[]) => list.map((p) => p.id).join('\n');
    if (shown.length === 0 || ids(now) !== ids(shown.map((node) => node.installed))) {
      this.refresh();
      return;
    }
    const changed = shown.filter((node, i) => {
      const installed = now[i] ?? node.installed;
      const differs = JSON.stringify(installed) !== JSON.stringify(node.installed);
      node.installed = installed;
      return differs;
    });
    if (changed.length > 0) this.#changed.fire(changed);
  }

  async getChildren(row?: Row): Promise<Row[]> {
    const { fleet, packages } = this.context;
    if (!row) {
      const boards = fleet.boards.filter((b) => b.present && isLikely(b));
      return boards.map((board) => ({ kind: 'board', board }));
    }
    if (row.kind !== 'board') return [];
    const { board } = row;
    packages.checkQuietly(board);
    const nodes = (await this.#packagesOf(board)).map((installed): PackageNode => ({
      kind: 'package',
      board,
      installed,
    }));
    this.#shown.set(board, nodes);
    return nodes.length > 0 ? nodes : [{ kind: 'empty' }];
  }

  async #packagesOf(board: Board): Promise<ShownPackage[]> {
    const installed = await this.context.packages.packagesOf(board);
    return installed.sort(
      (a, b) => Number(b.wanted) - Number(a.wanted) || a.name.localeCompare(b.name),
    );
  }

  getTreeItem(row: Row): vscode.TreeItem {
    switch (row.kind) {
      case 'board':
        return boardItem(row.board, this.context.fleet.boards.length <= FEW_BOARDS);
      case 'package':
        return packageItem(row);
      case 'empty': {
        const item = new vscode.TreeItem(vscode.l10n.t('nothing installed from here'));
        item.tooltip = vscode.l10n.t('A check of packages finds those that others have put there.');
        item.contextValue = 'note';
        return item;
      }
    }
  }
}

function boardItem(board: Board, opened: boolean): vscode.TreeItem {
  const { Expanded, Collapsed } = vscode.TreeItemCollapsibleState;
  const item = new vscode.TreeItem(board.name, opened ? Expanded : Collapsed);
  const look = stateLook(isConnected(board.state) ? OPEN : board.state, board.present);
  item.id = `packages|${board.id}`;
  item.iconPath = new vscode.ThemeIcon(
    look.icon,
    look.color ? new vscode.ThemeColor(look.color) : undefined,
  );
  item.description = stateOf(board);
  item.contextValue = 'packageBoard';
  return item;
}

function stateOf({ state, present }: Board): string {
  return stateWords(isConnected(state) ? OPEN : state, present);
}

function packageItem({ board, installed }: PackageNode): vscode.TreeItem {
  const item = new vscode.TreeItem(installed.name);
  const { version, state, latest, wanted } = installed;
  const notes = [
    version,
    ...(latest === undefined ? [] : [vscode.l10n.t('{0} is there', latest)]),
    ...(state === 'changed' ? [vscode.l10n.t('changed on the board')] : []),
    ...(state === 'missing' ? [vscode.l10n.t('files are missing')] : []),
    ...(wanted ? [] : [vscode.l10n.t('needed by others')]),
  ];
  item.id = `packages|${board.id}|${installed.id}`;
  item.description = notes.join(' · ');
  item.iconPath = iconOf(installed);
  const words = ['package'];
  if (latest !== undefined) words.push('outdated');
  if (state === 'changed' || state === 'missing') words.push('broken');
  item.contextValue = words.join(' ');
  item.tooltip = installed.files.map((f) => f.path).join('\n');
  return item;
}

function iconOf({ state, latest }: ShownPackage): vscode.ThemeIcon {
  const warning = new vscode.ThemeColor('list.warningForeground');
  if (state === 'changed' || state === 'missing') return new vscode.ThemeIcon('warning', warning);
  if (latest !== undefined)
    return new vscode.ThemeIcon('arrow-circle-up', new vscode.ThemeColor('charts.blue'));
  return new vscode.ThemeIcon('package');
}

/** The Packages view: what is installed on each board, with what can be done about it. */
export function registerPackagesView(context: ViewContext): vscode.Disposable {
  const rows = new PackageRows(context);
  const view = vscode.window.createTreeView(PACKAGES_VIEW, {
    treeDataProvider: rows,
    canSelectMany: true,
  });
  const soon = new Coalescer<true>(GATHER_MS, () => rows.refresh());
  const { fleet, packages } = context;
  return vscode.Disposable.from(
    view,
    soon,
    vscode.Disposable.from(
      fleet.onDidChangeList(() => soon.add(true)),
      fleet.onDidChangeBoard((board) => {
        if (rows.hasChanged(board)) soon.add(true);
      }),
      packages.onDidChange((board) => {
        // What cannot be read is told by the row itself, when it is asked for.
        rows.update(board).catch(() => rows.refresh());
      }),
    ),
  );
}
