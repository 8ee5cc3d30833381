import * as vscode from 'vscode';
import { fullPlace } from '../../core/address';
import type { Board, Found } from '../../core/board';
import { UsageError } from '../../core/errors';
import { findDrives, type LoaderDrive } from '../../core/flash';
import { sortByName } from '../../core/many';
import type { Needs } from '../../views/context';
import { isTreeNode } from '../../views/tree';
import { boardsIn } from '../targets';
import { helpWithoutBoard } from './noBoard';

/** A target for firmware: a board's port, or a boot loader's drive. */
export interface Chosen {
  readonly board?: Board;
  readonly found?: Found;
  readonly drive?: LoaderDrive;
}

/** Returns the clicked target, or asks for one. Undefined: cancelled. @throws UsageError */
export async function askFlashTarget(
  context: Needs<'fleet' | 'uris' | 'portHints' | 'tree'>,
  args: readonly unknown[],
  title = vscode.l10n.t('Flash which board?'),
): Promise<Chosen | undefined> {
  const [node] = args;
  if (isTreeNode(node) && node.kind === 'loader') return { drive: node.drive };
  const [clicked] = boardsIn(context, args);
  if (clicked) {
    const found = serialOf(clicked);
    if (found) return { board: clicked, found };
    throw new UsageError(vscode.l10n.t('{0} is not on a cable', clicked.name), {
      hint: vscode.l10n.t(
        'Connect it with USB. A board with the agent takes some updates over the air.',
      ),
    });
  }
  let all = await targetsNow(context);
  while (all.length === 0) {
    if (!(await helpWithoutBoard(context, title))) return undefined;
    all = await targetsNow(context);
  }
  const picked = await vscode.window.showQuickPick(all, { title, matchOnDescription: true });
  return picked?.chosen;
}

type TargetItem = vscode.QuickPickItem & { readonly chosen: Chosen };

/** Returns the boards in their loader and those at ports. */
async function targetsNow({ fleet }: Needs<'fleet'>): Promise<TargetItem[]> {
  const ports = sortByName(fleet.boards).flatMap((board) => {
    const found = serialOf(board);
    if (!found) return [];
    const path = fullPlace(found.address);
    const description = [path === board.name ? '' : path, found.label].filter(Boolean).join(', ');
    return [{ label: `$(plug) ${board.name}`, description, chosen: { board, found } }];
  });
  const drives = (await findDrives()).map((drive) => ({
    label: `$(device-mobile) ${drive.name}`,
    description: vscode.l10n.t('in its loader, {0}', drive.path),
    chosen: { drive },
  }));
  return [...drives, ...ports];
}

/** Returns a board's serial port, if it is present. */
function serialOf(board: Board): Found | undefined {
  return board.links.find((l) => l.present && l.found.address.kind === 'serial')?.found;
}
