import * as vscode from 'vscode';
import type { CommandName } from '../manifest';
import type { Board } from '../core/board';
import { isLikely } from './activeBoard';
import type { Needs } from './context';
import { boardTooltipOf, lookOf, shownTags, stateOf } from './tree';

/** Shows board and state at the bottom of the window; a click lists the actions. */
export function registerStatusBar(context: Needs<'fleet' | 'active'>): vscode.Disposable {
  const { active, fleet } = context;
  const item = vscode.window.createStatusBarItem('mpyFleet.status', vscode.StatusBarAlignment.Left);
  item.name = 'MicroPython';
  item.command = 'mpyFleet.boardActions' satisfies CommandName;
  let shown: Board | undefined;
  const draw = () => {
    const board = active.current;
    shown = board;
    if (!board) {
      const { text, tooltip } = withoutBoard(context);
      item.text = `$(circuit-board) ${text}`;
      item.tooltip = tooltip;
      item.accessibilityInformation = undefined;
    } else {
      const words = stateOf(board);
      item.text = `$(${lookOf(board).icon}) ${board.name}: ${words}`;
      item.tooltip = boardTooltipOf(board, shownTags(fleet, board));
      // Without it, a screen reader reads the tooltip's Markdown.
      item.accessibilityInformation = { label: `MicroPython: ${board.name}, ${words}` };
    }
    item.show();
  };
  draw();
  return vscode.Disposable.from(
    item,
    active.onDidChange(draw),
    fleet.onDidChangeList(() => {
      if (!shown) draw();
    }),
    fleet.onDidChangeBoard((board) => {
      if (board === shown) draw(); // a change of the active board has its own event
    }),
  );
}

/** Returns the text of the status bar without an active board. */
function withoutBoard({ active, fleet }: Needs<'fleet' | 'active'>): {
  text: string;
  tooltip: string;
} {
  const { missing } = active;
  if (missing !== undefined) {
    return {
      text: `${missing}: ${vscode.l10n.t('away')}`,
      tooltip: vscode.l10n.t('{0}, the active board, is away. Click to choose another.', missing),
    };
  }
  const count = fleet.boards.filter((b) => b.present && isLikely(b)).length;
  if (count === 0) {
    return {
      text: 'MicroPython',
      tooltip: vscode.l10n.t('No MicroPython board is connected. Click to see what you can do.'),
    };
  }
  return {
    text: count === 1 ? vscode.l10n.t('1 board') : vscode.l10n.t('{0} boards', count),
    tooltip: vscode.l10n.t('Click to choose the active board, on which commands act.'),
  };
}
