import * as vscode from 'vscode';
import { type Board, isConnected } from '../../core/board';
import { sortByName } from '../../core/many';
import { isLikely } from '../activeBoard';
import { Coalescer } from '../coalesce';
import type { Needs } from '../context';
import { lookOf, stateOf as stateInWords } from '../tree';
import type { ShownPackage } from './packageCenter';

/** A package on a board. */
export interface PackageNode {
  readonly kind: 'package';
  readonly board: Board;
  /** The tree item as displayed. */
  installed: ShownPackage;
}

type Row =
  | { readonly kind: 'board'; readonly board: Board }
  | PackageNode
  | { readonly kind: 'empty'; readonly board: Board };

export const PACKAGES_VIEW = 'mpyFleet.packages';

/** Number of boards whose packages are shown without being requested. */
const FEW_BOARDS = 10;

/** Milliseconds in which changes of boards are collected before the view is redrawn. */
const GATHER_MS = 100;

/**
 * A click is lost while VS Code reloads the surrounding rows, so only rows that differ are
 * reloaded.
 */
class PackageRows implements vscode.TreeDataProvider<Row> {
  readonly #changed = new vscode.EventEmitter<Row[] | undefined>();
  readonly onDidChangeTreeData = this.#changed.event;
  /** How each board was last drawn, and the rows below expanded ones. */
  readonly #drawn = new WeakMap<Board, string>();
  readonly #shown = new WeakMap<Board, PackageNode[]>();

  constructor(private readonly context: Needs<'fleet' | 'packages'>) {}

  refresh(): void {
    this.#changed.fire(undefined);
  }

  /** Returns whether a board must be drawn differently than before. */
  hasChanged(board: Board): boolean {
    const drawn = [board.name, isLikely(board), board.present, stateOf(board)].join('|');
    const changed = this.#drawn.get(board) !== drawn;
    this.#drawn.set(board, drawn);
    return changed;
  }

  /** Draws the packages of a board in their present state. */
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
      const boards = sortByName(fleet.boards.filter((b) => b.present && isLikely(b)));
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
    return nodes.length > 0 ? nodes : [{ kind: 'empty', board }];
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
      case 'empty':
        return emptyItem(row.board);
    }
  }
}

/**
 * Returns the row of a board without packages. For a board that never answered, "no packages" would
 * be a guess.
 */
function emptyItem(board: Board): vscode.TreeItem {
  const isKnown = isConnected(board.state) || board.info !== undefined;
  const label = isKnown
    ? vscode.l10n.t('nothing installed from this computer')
    : vscode.l10n.t('shown when the board is connected');
  const item = new vscode.TreeItem(label);
  if (isKnown) {
    const hint = vscode.l10n.t(
      '"Check Packages for Changes and Updates" finds packages that were installed from elsewhere.',
    );
    item.tooltip = `${label}\n${hint}`; // a narrow side bar cuts the label off
  }
  item.contextValue = 'note';
  return item;
}

function boardItem(board: Board, opened: boolean): vscode.TreeItem {
  const { Expanded, Collapsed } = vscode.TreeItemCollapsibleState;
  const item = new vscode.TreeItem(board.name, opened ? Expanded : Collapsed);
  item.id = `packages|${board.id}`;
  item.iconPath = new vscode.ThemeIcon(
    isConnected(board.state) ? 'circuit-board' : lookOf(board).icon,
  );
  item.description = stateOf(board);
  item.contextValue = 'packageBoard';
  return item;
}

/**
 * Returns the reason why a board cannot be reached. The activity of connected boards is in the
 * Boards view and changes constantly.
 */
function stateOf(board: Board): string {
  return isConnected(board.state) ? '' : stateInWords(board);
}

function packageItem({ board, installed }: PackageNode): vscode.TreeItem {
  const item = new vscode.TreeItem(installed.name);
  const { version, state, latest, wanted } = installed;
  const notes = [
    version,
    ...(latest === undefined ? [] : [vscode.l10n.t('{0} is available', latest)]),
    ...(state === 'changed' ? [vscode.l10n.t('changed on the board')] : []),
    ...(state === 'missing' ? [vscode.l10n.t('files are missing')] : []),
    ...(wanted ? [] : [vscode.l10n.t('required by other packages')]),
  ];
  item.id = `packages|${board.id}|${installed.id}`;
  item.description = notes.join(' · ');
  item.iconPath = iconOf(installed);
  const words = ['package'];
  if (latest !== undefined) words.push('outdated');
  if (state === 'changed' || state === 'missing') words.push('broken');
  item.contextValue = words.join(' ');
  // A narrow side bar cuts the description off.
  const line = [installed.name, item.description].filter(Boolean).join(' · ');
  item.tooltip = [line, ...installed.files.map((f) => f.path)].join('\n');
  return item;
}

function iconOf({ state, latest }: ShownPackage): vscode.ThemeIcon {
  const warning = new vscode.ThemeColor('list.warningForeground');
  if (state === 'changed' || state === 'missing') return new vscode.ThemeIcon('warning', warning);
  if (latest !== undefined)
    return new vscode.ThemeIcon('arrow-circle-up', new vscode.ThemeColor('charts.blue'));
  return new vscode.ThemeIcon('package');
}

/** Registers the Packages view: the packages on each board, with actions for them. */
export function registerPackagesView(context: Needs<'fleet' | 'packages'>): vscode.Disposable {
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
        // Errors are shown in the row itself, when it is loaded.
        rows.update(board).catch(() => rows.refresh());
      }),
    ),
  );
}
