import * as vscode from 'vscode';
import { UsageError } from '../core/errors';
import type { Needs } from '../views/context';
import { keyRows } from '../views/tree';

interface MenuEntry {
  readonly command?: string;
  readonly submenu?: string;
  readonly when?: string;
  readonly group?: string;
}

type Menus = Readonly<Record<string, readonly MenuEntry[]>>;

/**
 * Returns a command's arguments including the clicked row. VS Code passes (clicked row, all
 * selected rows or nothing), but passes undefined in their place while it draws the rows again (its
 * `ExtHostTreeView` looks each one up and does not know them then). The command must not mistake
 * that for a call without a row, which acts on another board.
 * @throws UsageError if the row cannot be found
 */
export async function withClickedRow(
  context: Needs<'extension' | 'log' | 'tree'>,
  id: string,
  args: readonly unknown[],
): Promise<readonly unknown[]> {
  if (!isLost(args)) return args;
  const { menus } = (context.extension.extension.packageJSON as { contributes: { menus: Menus } })
    .contributes;
  // A right click moves the focus to the row. A click on an icon of a row does not.
  const rows = isInMenusOfBoardsOnly(menus, id) ? await keyRows(context.tree) : [];
  context.log.info(`${id}: the clicked row was being drawn; ${rows.length} found by the focus`);
  if (rows.length > 0) return [rows[0], rows];
  throw new UsageError(vscode.l10n.t('The rows were being redrawn when you clicked'), {
    hint: vscode.l10n.t('Nothing was done. Click again.'),
  });
}

/**
 * Returns whether VS Code passed clicked or selected rows as undefined. Without a row it passes at
 * most one argument; our own calls pass a list as the second.
 */
export function isLost(args: readonly unknown[]): boolean {
  const [clicked, selected] = args;
  if (Array.isArray(selected)) return selected.some(isNothing);
  return args.length > 1 && isNothing(clicked) && isNothing(selected);
}

function isNothing(value: unknown): boolean {
  return value === undefined || value === null;
}

/**
 * Returns whether rows of the boards offer a command in their menus but not as an icon, and no
 * other view offers it.
 */
export function isInMenusOfBoardsOnly(menus: Menus, id: string): boolean {
  const rows = menus['view/item/context'] ?? [];
  const own = rows.filter((entry) => entry.command === id);
  return own.every(
    ({ group = '', when = '' }) =>
      !group.startsWith('inline') && when.includes('view == mpyFleet.boards'),
  );
}
