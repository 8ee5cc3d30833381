import * as vscode from 'vscode';
import { boardBadge } from '../../core/board';
import { DisposableStore } from '../../core/events';
import type { Needs } from '../context';
import { IN_TREE, SCHEME } from '../boardUris';

/**
 * Marks the tabs of boards' files with two characters of the board's name, and names the board in
 * the tooltip.
 */
export function registerBoardMarks(context: Needs<'fleet' | 'uris'>): vscode.Disposable {
  const { fleet, uris } = context;
  const store = new DisposableStore();
  const changed = store.add(new vscode.EventEmitter<undefined>());
  const names = new Map<string, string>();
  store.add(
    fleet.onDidChangeBoard((board) => {
      if (names.get(board.id) === board.name) return;
      names.set(board.id, board.name);
      changed.fire(undefined);
    }),
  );
  store.add(
    vscode.window.registerFileDecorationProvider({
      onDidChangeFileDecorations: changed.event,
      provideFileDecoration: (uri) => {
        if (uri.scheme !== SCHEME || uri.fragment === IN_TREE) return undefined;
        const name = uris.fromUri(uri)?.board.name;
        if (name === undefined) return undefined;
        return new vscode.FileDecoration(boardBadge(name), vscode.l10n.t('on {0}', name));
      },
    }),
  );
  return vscode.Disposable.from(store);
}
