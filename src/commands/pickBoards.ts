import * as vscode from 'vscode';
import type { Board } from '../core/board/board';
import { UsageError } from '../core/errors';
import type { ViewContext } from '../views/context';
import { stateWords } from '../views/tree/boardItem';
import { stateLook } from '../views/tree/boardLook';
import { chooseBoards } from './fleetChoose';
import type { BoardFilter } from './types';

interface BoardChoice extends vscode.QuickPickItem {
  readonly board: Board;
}

/** Asks for one board. @throws UsageError when there is none to choose */
export async function pickBoard(
  context: ViewContext,
  boards: readonly Board[],
  which: BoardFilter,
): Promise<Board | undefined> {
  const choice = await vscode.window.showQuickPick(choices(context, boards, which), {
    title: vscode.l10n.t('Which board?'),
    matchOnDescription: true,
  });
  if (choice) await context.active.choose(choice.board);
  return choice?.board;
}

/** Asks for several boards, by ticks or by a selector. @throws UsageError when there is none to choose */
export function pickBoards(
  context: ViewContext,
  boards: readonly Board[],
  which: BoardFilter,
): Promise<readonly Board[] | undefined> {
  if (boards.length === 0) throw noBoard(which);
  return chooseBoards(context, vscode.l10n.t('Which boards?'), boards);
}

function choices(
  context: ViewContext,
  boards: readonly Board[],
  which: BoardFilter,
): BoardChoice[] {
  if (boards.length === 0) throw noBoard(which);
  const active = context.active.current;
  return [...boards]
    .sort((a, b) => Number(b === active) - Number(a === active))
    .map((board) => ({
      board,
      label: `$(${stateLook(board.state, board.present).icon}) ${board.name}`,
      description: stateWords(board.state, board.present),
      picked: board === active,
    }));
}

function noBoard(which: BoardFilter): UsageError {
  if (which === 'open') {
    return new UsageError(vscode.l10n.t('No board is connected'), {
      hint: vscode.l10n.t('Connect a board in the MicroPython view.'),
    });
  }
  if (which === 'closed') return new UsageError(vscode.l10n.t('Every board is connected already'));
  return new UsageError(vscode.l10n.t('No board is there'), {
    hint: vscode.l10n.t(
      'Plug one in with a cable that carries data, add a port by its path, or start a demo board.',
    ),
  });
}
