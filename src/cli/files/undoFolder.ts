import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Cli } from '../cli';

/**
 * Returns the folder with the files that a sync replaced or deleted, like the undo of the editor.
 */
export function undoFolder({ env }: Pick<Cli, 'env'>): string {
  const state = env.XDG_STATE_HOME ?? join(homedir(), '.local', 'state');
  return join(state, 'micropython-fleet', 'undo');
}
