import * as vscode from 'vscode';
import { fullPlace } from '../../core/address';
import type { Board, Found } from '../../core/board';
import { UsageError } from '../../core/errors';
import { findDrives, type LoaderDrive } from '../../core/flash';
import type { Needs } from '../../views/context';
import { isTreeNode } from '../../views/tree';
import { boardsIn } from '../targets';

/** A target for firmware: a board's port, or a boot loader's drive. */
export interface Chosen {
  readonly board?: Board;
  readonly found?: Found;
  readonly drive?: LoaderDrive;
}

/** Returns the clicked target, or asks for one. Undefined: cancelled. @throws UsageError */
export async function askFlashTarget(
  context: Needs<'fleet' | 'uris'>,
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
  const ports = context.fleet.boards.flatMap((board) => {
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
  const all = [...drives, ...ports];
  if (all.length === 0) {
    throw new UsageError(vscode.l10n.t('No board is plugged in'), {
      hint: vscode.l10n.t(
        'Plug it in with a USB data cable. Boards with RP2040 or RP2350: hold BOOTSEL while you do.',
      ),
    });
  }
  const picked = await vscode.window.showQuickPick<vscode.QuickPickItem & { chosen: Chosen }>(all, {
    title,
    matchOnDescription: true,
  });
  return picked?.chosen;
}

/** Returns a board's serial port, if it is present. */
function serialOf(board: Board): Found | undefined {
  return board.links.find((l) => l.present && l.found.address.kind === 'serial')?.found;
}
