import * as vscode from 'vscode';
import type { Board } from '../../core/board';
import { UsageError } from '../../core/errors';
import type { Needs } from '../../views/context';
import { boardsOfNode, isTreeNode, meantRows } from '../../views/tree';
import { ambiguousRows } from './resolve';

/**
 * Resolves command arguments to boards. Accepts tree nodes (the clicked one and the selection),
 * boards, ids and selector strings. Returns an empty list if nothing was named, so the caller
 * should ask.
 * @throws UsageError when a selector names unknown boards, or the rows are ambiguous
 */
export function boardsOf(
  context: Needs<'fleet' | 'uris' | 'many'>,
  args: readonly unknown[],
): readonly Board[] {
  if (!meantRows(args.flat().filter(isTreeNode))) throw ambiguousRows();
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

/**
 * Returns the boards of an id or a selector (keybindings, tasks, the dashboard, other extensions).
 * @throws UsageError
 */
export function selected(context: Needs<'fleet' | 'many'>, selector: string): readonly Board[] {
  const byId = context.fleet.byId(selector);
  if (byId) return [byId];
  const { boards, unmatched } = context.many.select(selector);
  if (unmatched.length > 0) {
    throw new UsageError(vscode.l10n.t('No board matches {0}', unmatched.join(', ')), {
      hint: vscode.l10n.t('Nothing was done. Use the names in the MicroPython view.'),
    });
  }
  return boards.map((b) => b.board);
}
