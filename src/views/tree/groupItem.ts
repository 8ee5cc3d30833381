import * as vscode from 'vscode';
import type { Grouping } from '../../core/many/grouping';
import { stateLook } from './boardLook';
import { stateName } from './boardItem';
import type { GroupNode } from './nodes';

const ICONS: Readonly<Record<Grouping, string>> = {
  none: 'circuit-board',
  tag: 'tag',
  platform: 'circuit-board',
  broker: 'radio-tower',
  state: 'pulse',
};

/** A group of boards as a line of the tree: what they have in common, how many they are, and how many cannot be reached. */
export function groupItem({ key, boards }: GroupNode, by: Grouping): vscode.TreeItem {
  const item = new vscode.TreeItem(label(key, by), vscode.TreeItemCollapsibleState.Expanded);
  item.id = `group|${by}|${key ?? ''}`;
  item.iconPath = new vscode.ThemeIcon(ICONS[by]);
  const away = boards.filter((b) => stateLook(b.state, b.present).word === 'away').length;
  const count =
    boards.length === 1 ? vscode.l10n.t('1 board') : vscode.l10n.t('{0} boards', boards.length);
  item.description =
    away === 0 || away === boards.length ? count : `${count} · ${vscode.l10n.t('{0} away', away)}`;
  item.contextValue = 'group';
  return item;
}

function label(key: string | undefined, by: Grouping): string {
  if (key !== undefined) return by === 'state' ? stateName(key) : key;
  switch (by) {
    case 'tag':
      return vscode.l10n.t('No tag');
    case 'broker':
      return vscode.l10n.t('No broker');
    default:
      return vscode.l10n.t('Not known yet');
  }
}
