import * as vscode from 'vscode';
import type { Board } from '../core/board/board';
import { UsageError } from '../core/errors';
import type { ViewContext } from '../views/context';
import { boardsOfNode, isTreeNode } from '../views/tree/nodes';

/**
 * The boards that a call names: nodes of the tree (what was clicked and all that is selected), boards, ids, and texts, which
 * are selectors. None: the user is to be asked.
 * @throws UsageError when a selector names boards that are not there
 */
export function boardsOf(context: ViewContext, args: readonly unknown[]): readonly Board[] {
  const boards = args.flat().flatMap((arg): readonly Board[] => {
    if (isTreeNode(arg)) return boardsOfNode(arg);
    if (arg instanceof vscode.Uri) {
      const place = context.uris.fromUri(arg);
      return place ? [place.board] : [];
    }
    if (typeof arg === 'string') return selected(context, arg);
    return context.fleet.boards.filter((b) => b === arg);
  });
  return [...new Set(boards)];
}

/** The boards of an id or a selector (keybindings, tasks, the dashboard, other extensions). @throws UsageError */
export function selected(context: ViewContext, selector: string): readonly Board[] {
  const byId = context.fleet.byId(selector);
  if (byId) return [byId];
  const { boards, unmatched } = context.many.select(selector);
  if (unmatched.length > 0) {
    throw new UsageError(vscode.l10n.t('No board answers to {0}', unmatched.join(', ')), {
      hint: vscode.l10n.t('Nothing was done. Names are those in the MicroPython view.'),
    });
  }
  return boards.map((b) => b.board);
}
