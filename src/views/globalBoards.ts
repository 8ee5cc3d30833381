import type * as vscode from 'vscode';
import type { KnownBoard, KnownBoardsStore } from '../core/board/knownBoards';

const KEY = 'mpyFleet.knownBoards';

/** Keeps the boards that were seen in VS Code's global state: names hold in every window. */
export function globalBoards(memento: vscode.Memento): KnownBoardsStore {
  return {
    load: () => memento.get<KnownBoard[]>(KEY, []),
    save: async (boards) => {
      await memento.update(KEY, boards);
    },
  };
}
