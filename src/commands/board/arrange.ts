import * as vscode from 'vscode';
import { type Grouping, GROUPINGS } from '../../core/many';
import type { Needs } from '../../views/context';
import type { Command } from '../types';

/** Commands that choose which boards the tree shows, and in which groups. */
export const arrangeCommands: readonly Command[] = [
  { id: 'filterBoards', needs: 'nothing', run: askFilter },
  { id: 'clearFilter', needs: 'nothing', run: ({ arrangement }) => arrangement.setFilter('') },
  { id: 'groupBoards', needs: 'nothing', run: askGrouping },
];

/**
 * Shows an input box that filters the tree while the user types; Escape restores the previous
 * filter.
 */
async function askFilter({
  arrangement,
  tree,
  log,
}: Needs<'log' | 'arrangement' | 'tree'>): Promise<void> {
  await vscode.commands.executeCommand('mpyFleet.boards.focus');
  const before = arrangement.filter;
  const box = vscode.window.createInputBox();
  box.title = vscode.l10n.t('Filter boards');
  box.placeholder = vscode.l10n.t(
    'Words, tag:lab, platform:esp32, state:ready, esp32-[01-12], kitchen*, @group',
  );
  box.value = before;
  const count = () => {
    const { shown, all } = tree.counts();
    box.prompt =
      all === 1
        ? vscode.l10n.t('{0} of 1 board', shown)
        : vscode.l10n.t('{0} of {1} boards', shown, all);
  };
  count();
  const accepted = await new Promise<boolean>((resolve) => {
    box.onDidChangeValue((value) => {
      arrangement.setFilter(value).catch((error: unknown) => log.warn(String(error)));
      count();
    });
    box.onDidAccept(() => resolve(true));
    box.onDidHide(() => resolve(false));
    box.show();
  });
  box.dispose();
  if (!accepted) await arrangement.setFilter(before);
}

async function askGrouping({ arrangement }: Needs<'arrangement'>): Promise<void> {
  const words: Readonly<Record<Grouping, string>> = {
    none: vscode.l10n.t('No groups'),
    tag: vscode.l10n.t('By tag'),
    platform: vscode.l10n.t('By platform'),
    broker: vscode.l10n.t('By broker'),
    state: vscode.l10n.t('By state'),
  };
  const items = GROUPINGS.map((grouping) => ({
    grouping,
    label: words[grouping],
    description: grouping === arrangement.grouping ? vscode.l10n.t('current') : undefined,
  }));
  const title = vscode.l10n.t('Group boards');
  const chosen = await vscode.window.showQuickPick(items, { title });
  if (chosen) await arrangement.setGrouping(chosen.grouping);
}
