import type * as vscode from 'vscode';
import type { KnownBoard, KnownBoardsStore } from '../core/board';

const KEY = 'mpyFleet.knownBoards';

/** Stores known boards in VS Code's global state, so that names apply in every window. */
export function globalBoards(memento: vscode.Memento): KnownBoardsStore {
  return {
    load: () => memento.get<KnownBoard[]>(KEY, []),
    save: async (boards) => {
      await memento.update(KEY, boards);
    },
  };
}
