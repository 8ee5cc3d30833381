import * as vscode from 'vscode';
import type { Grouping } from '../../core/many';
import { wordOf } from '../../core/board';
import { stateName } from './boardItem';
import { NEW_BOARDS, type GroupNode } from './nodes';

const ICONS: Readonly<Record<Grouping, string>> = {
  none: 'circuit-board',
  tag: 'tag',
  platform: 'circuit-board',
  broker: 'radio-tower',
  state: 'pulse',
};

/** Returns the row of a group of boards: its name, the number of boards, and how many of them cannot be reached. */
export function groupItem({ key, boards }: GroupNode, by: Grouping): vscode.TreeItem {
  const item = new vscode.TreeItem(label(key, by), vscode.TreeItemCollapsibleState.Expanded);
  item.id = `group|${by}|${key ?? ''}`;
  item.iconPath = new vscode.ThemeIcon(key === NEW_BOARDS ? 'question' : ICONS[by]);
  const away = boards.filter((b) => wordOf(b) === 'away').length;
  const count =
    boards.length === 1 ? vscode.l10n.t('1 board') : vscode.l10n.t('{0} boards', boards.length);
  item.description =
    away === 0 || away === boards.length ? count : `${count} · ${vscode.l10n.t('{0} away', away)}`;
  item.contextValue = key === NEW_BOARDS ? 'group new' : 'group';
  if (key === NEW_BOARDS) {
    item.tooltip = vscode.l10n.t(
      'They announced themselves at a broker, and this computer has no key for them. Adopt or ignore them.',
    );
  }
  return item;
}

function label(key: string | undefined, by: Grouping): string {
  if (key === NEW_BOARDS) return vscode.l10n.t('Not adopted');
  if (key !== undefined) return by === 'state' ? stateName(key) : key;
  switch (by) {
    case 'tag':
      return vscode.l10n.t('No tag');
    case 'broker':
      return vscode.l10n.t('No broker');
    default:
      return vscode.l10n.t('Not identified yet');
  }
}

/** Returns the row for ports that do not look like a board. */
export function otherPortsItem(): vscode.TreeItem {
  const item = new vscode.TreeItem(
    vscode.l10n.t('Other ports'),
    vscode.TreeItemCollapsibleState.Collapsed,
  );
  item.id = 'otherPorts';
  item.iconPath = new vscode.ThemeIcon('plug');
  item.tooltip = vscode.l10n.t(
    'Ports that do not look like a board. They are never opened automatically.',
  );
  item.contextValue = 'otherPorts';
  return item;
}
