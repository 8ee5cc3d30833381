import * as vscode from 'vscode';
import type { Board } from '../../core/board';
import { UsageError } from '../../core/errors';
import { sortByName } from '../../core/many';
import type { Needs } from '../../views/context';
import { startDemo } from '../../views/helpful';
import { lookOf, placeWords, stateOf } from '../../views/tree';
import type { BoardFilter } from '../types';

interface BoardChoice extends vscode.QuickPickItem {
  readonly board: Board;
}

/** Asks for one board; `title` gives the reason. The chosen board becomes the active one. @throws UsageError if there is none to choose */
export async function pickBoard(
  context: Needs<'active'>,
  boards: readonly Board[],
  title = vscode.l10n.t('Which board?'),
): Promise<Board | undefined> {
  const board = await askBoard(context, boards, title);
  if (board) await context.active.choose(board);
  return board;
}

/** Asks for one board and leaves the active one as it is. @throws UsageError if there is none to choose */
export async function askBoard(
  context: Needs<'active'>,
  boards: readonly Board[],
  title: string,
): Promise<Board | undefined> {
  if (boards.length === 0) throw noBoard('present');
  const choice = await vscode.window.showQuickPick(choices(context, boards), {
    title,
    matchOnDescription: true,
  });
  return choice?.board;
}

/** Returns the boards in the order of the tree, the active one first. */
function choices(context: Needs<'active'>, boards: readonly Board[]): BoardChoice[] {
  const active = context.active.current;
  return sortByName(boards)
    .sort((a, b) => Number(b === active) - Number(a === active))
    .map((board) => ({
      board,
      label: `$(${lookOf(board).icon}) ${board.name}`,
      description: [stateOf(board), placeWords(board)].filter(Boolean).join(' · '),
      picked: board === active,
    }));
}

/** Explains that no board fits a command. */
export function noBoard(which: BoardFilter): UsageError {
  if (which === 'open') {
    return new UsageError(vscode.l10n.t('No board is connected'), {
      hint: vscode.l10n.t('Connect a board in the MicroPython view.'),
    });
  }
  if (which === 'closed') return new UsageError(vscode.l10n.t('Every board is already connected'));
  return new UsageError(vscode.l10n.t('No board found'), {
    hint: vscode.l10n.t(
      'Plug one in with a data cable, add a port by its path, or start a demo board.',
    ),
    next: startDemo(),
  });
}
