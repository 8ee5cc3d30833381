import * as vscode from 'vscode';
import { bytesText } from '../../core/board';
import { type Drift, planSummary, type SyncAction, type SyncProblem } from '../../core/sync';
import type { Needs } from '../context';
import { bytesNeeded, type Compared, type Preview } from './shown';

/** A row of the Sync view. */
export type SyncNode =
  | { readonly kind: 'syncAction'; readonly preview: Preview; readonly action: SyncAction }
  | { readonly kind: 'syncDrift'; readonly compared: Compared; readonly drift: Drift }
  | { readonly kind: 'syncProblem'; readonly problem: SyncProblem }
  | { readonly kind: 'syncKept'; readonly path: string };

/** The id of the view. */
export const SYNC_VIEW = 'mpyFleet.sync';

/** VS Code's own icons and colours for added, changed and deleted files. */
const LOOKS = {
  add: ['diff-added', 'gitDecoration.addedResourceForeground'],
  update: ['diff-modified', 'gitDecoration.modifiedResourceForeground'],
  delete: ['diff-removed', 'gitDecoration.deletedResourceForeground'],
  rename: ['diff-renamed', 'gitDecoration.renamedResourceForeground'],
} as const;

class SyncRows implements vscode.TreeDataProvider<SyncNode> {
  readonly #changed = new vscode.EventEmitter<void>();
  readonly onDidChangeTreeData = this.#changed.event;

  constructor(private readonly context: Needs<'sync'>) {}

  refresh(): void {
    this.#changed.fire();
  }

  getChildren(node?: SyncNode): SyncNode[] {
    const { shown } = this.context.sync;
    if (node || !shown) return [];
    if (shown.kind === 'compared') {
      return shown.comparison.drift.map((drift) => ({ kind: 'syncDrift', compared: shown, drift }));
    }
    const { actions, problems, kept } = shown.plan;
    return [
      ...problems.map((problem): SyncNode => ({ kind: 'syncProblem', problem })),
      ...actions.map((action): SyncNode => ({ kind: 'syncAction', preview: shown, action })),
      ...kept.map((path): SyncNode => ({ kind: 'syncKept', path })),
    ];
  }

  getTreeItem(node: SyncNode): vscode.TreeItem {
    switch (node.kind) {
      case 'syncAction':
        return actionItem(node);
      case 'syncDrift':
        return driftItem(node);
      case 'syncProblem':
        return problemItem(node.problem);
      case 'syncKept': {
        const item = new vscode.TreeItem(node.path);
        item.description = vscode.l10n.t('protected, stays on the board');
        item.iconPath = new vscode.ThemeIcon('lock');
        return item;
      }
    }
  }
}

function actionItem(node: SyncNode & { kind: 'syncAction' }): vscode.TreeItem {
  const { action, preview } = node;
  const item = new vscode.TreeItem(action.path);
  const [icon, colour] = LOOKS[action.kind];
  item.id = `${action.kind}:${action.path}`;
  item.iconPath = new vscode.ThemeIcon(icon, new vscode.ThemeColor(colour));
  item.description = actionWords(action);
  item.contextValue = action.type === 'file' ? 'syncFile' : 'syncFolder';
  item.checkboxState = preview.chosen.has(action.path)
    ? vscode.TreeItemCheckboxState.Checked
    : vscode.TreeItemCheckboxState.Unchecked;
  item.tooltip = action.local ?? action.path;
  if (action.type === 'file') item.command = diffCommand(node);
  return item;
}

function actionWords({ kind, type, size, oldSize, was }: SyncAction): string {
  if (kind === 'rename') return vscode.l10n.t('rename, because the board has it as {0}', was ?? '');
  if (type === 'dir') return vscode.l10n.t('delete the empty folder');
  if (kind === 'delete') return vscode.l10n.t('delete, {0}', bytesText(oldSize ?? 0));
  return kind === 'add'
    ? vscode.l10n.t('add, {0}', bytesText(size))
    : vscode.l10n.t('update, {0}', bytesText(size));
}

function driftItem(node: SyncNode & { kind: 'syncDrift' }): vscode.TreeItem {
  const { drift, compared } = node;
  const item = new vscode.TreeItem(drift.path);
  const left = vscode.l10n.t('only in {0}', compared.left.name);
  const right = vscode.l10n.t('only in {0}', compared.right.name);
  const words = { onlyLeft: left, onlyRight: right, differs: vscode.l10n.t('differs') };
  const icons = { onlyLeft: 'arrow-small-left', onlyRight: 'arrow-small-right', differs: 'diff' };
  item.description = words[drift.kind];
  item.iconPath = new vscode.ThemeIcon(icons[drift.kind]);
  item.contextValue = 'syncFile';
  item.command = diffCommand(node);
  return item;
}

function problemItem({ severity, path, message }: SyncProblem): vscode.TreeItem {
  const item = new vscode.TreeItem(path);
  item.description = message;
  item.tooltip = message;
  const colour = severity === 'error' ? 'list.errorForeground' : 'list.warningForeground';
  item.iconPath = new vscode.ThemeIcon(severity, new vscode.ThemeColor(colour));
  return item;
}

function diffCommand(node: SyncNode): vscode.Command {
  const title = vscode.l10n.t('Show Differences');
  return { command: 'mpyFleet.syncDiff', title, arguments: [node] };
}

/**
 * Registers the Sync view: a preview with a checkbox for each file, or the differences of two
 * sides.
 */
export function registerSyncView(context: Needs<'sync'>): vscode.Disposable {
  const { sync } = context;
  const rows = new SyncRows(context);
  const view = vscode.window.createTreeView(SYNC_VIEW, {
    treeDataProvider: rows,
    manageCheckboxStateManually: true,
    canSelectMany: true,
  });
  const draw = () => {
    const { shown } = sync;
    view.message = shown && headline(shown);
    view.description = shown && (shown.kind === 'preview' ? shown.board.name : shown.right.name);
    const count = shown?.kind === 'preview' ? shown.chosen.size : 0;
    const tooltip =
      count === 1
        ? vscode.l10n.t('1 step of the sync is selected')
        : vscode.l10n.t('{0} steps of the sync are selected', count);
    view.badge = count > 0 ? { value: count, tooltip } : undefined;
    void vscode.commands.executeCommand('setContext', 'mpyFleet.syncShows', shown?.kind);
    rows.refresh();
  };
  return vscode.Disposable.from(
    view,
    sync.onDidChange(draw),
    view.onDidChangeCheckboxState(({ items }) => {
      for (const [node, state] of items) {
        if (node.kind !== 'syncAction') continue;
        sync.choose([node.action.path], state === vscode.TreeItemCheckboxState.Checked);
      }
    }),
  );
}

/**
 * Describes the space that the ticked steps need and the free space, for a preview that adds data
 * to the board.
 */
export function spaceWords(preview: Preview): string {
  const needed = bytesNeeded(preview);
  if (preview.free === undefined || needed <= 0) return '';
  return vscode.l10n.t(
    'Needs {0}; {1} free on the board',
    bytesText(needed),
    bytesText(preview.free),
  );
}

/** Says what a preview or a comparison is about, and its result. */
export function headline(shown: Preview | Compared): string {
  if (shown.kind === 'preview') {
    const { board, source, plan } = shown;
    const modes = {
      push: vscode.l10n.t('Push {0} to {1}', source.label, board.name),
      mirror: vscode.l10n.t('Mirror {0} to {1}', source.label, board.name),
      pull: vscode.l10n.t('Pull from {1} to {0}', source.label, board.name),
    };
    return [`${modes[plan.mode]}: ${planSummary(plan)}`, spaceWords(shown)]
      .filter(Boolean)
      .join('. ');
  }
  const { left, right, comparison } = shown;
  const { drift, same } = comparison;
  return drift.length === 0
    ? same === 1
      ? vscode.l10n.t('{0} and {1} are identical (1 file)', left.name, right.name)
      : vscode.l10n.t('{0} and {1} are identical ({2} files)', left.name, right.name, same)
    : vscode.l10n.t(
        '{0} and {1}: {2} differ, {3} identical',
        left.name,
        right.name,
        drift.length,
        same,
      );
}
