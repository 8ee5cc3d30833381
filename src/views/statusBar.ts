import * as vscode from 'vscode';
import type { Board } from '../core/board/board';
import type { ViewContext } from './context';
import { boardTooltipOf, stateWords } from './tree/boardItem';
import { stateLook } from './tree/boardLook';

/** Board and state at the bottom of the window; a click offers what can be done. */
export function registerStatusBar(context: ViewContext): vscode.Disposable {
  const { active, fleet } = context;
  const item = vscode.window.createStatusBarItem('mpyFleet.status', vscode.StatusBarAlignment.Left);
  item.name = 'MicroPython';
  item.command = 'mpyFleet.boardActions';
  let shown: Board | undefined;
  const draw = () => {
    const board = active.current;
    shown = board;
    if (!board) {
      item.text = '$(circuit-board) MicroPython';
      item.tooltip = vscode.l10n.t('No MicroPython board is there. Click for what to do.');
    } else {
      const words = stateWords(board.state, board.present);
      item.text = `$(${stateLook(board.state, board.present).icon}) ${board.name}: ${words}`;
      item.tooltip = boardTooltipOf(board, fleet.tagsOf(board));
    }
    item.show();
  };
  draw();
  return vscode.Disposable.from(
    item,
    active.onDidChange(draw),
    fleet.onDidChangeBoard((board) => {
      if (board === shown) draw(); // another active one is told by itself
    }),
  );
}
