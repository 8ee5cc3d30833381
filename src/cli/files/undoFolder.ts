import { homedir } from 'node:os';
import { join } from 'node:path';
import { nodeUndoFolder, UndoStore } from '../../core/sync';
import type { Cli } from '../cli';

/**
 * Returns the store with the files that a sync, put, cp, mv, edit or rm replaced or deleted. In a terminal of the window it is the
 * window's store, so that each can undo what the other did.
 */
export function undoStore({ env, window }: Pick<Cli, 'env' | 'window'>): UndoStore {
  if (window) return window.undo;
  const state = env.XDG_STATE_HOME ?? join(homedir(), '.local', 'state');
  return new UndoStore(nodeUndoFolder(join(state, 'micropython-fleet', 'undo')));
}
