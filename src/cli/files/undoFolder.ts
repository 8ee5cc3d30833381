import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Cli } from '../cli';

/** What a sync replaces or deletes is kept here, as the editor keeps it for its undo. */
export function undoFolder({ env }: Pick<Cli, 'env'>): string {
  const state = env.XDG_STATE_HOME ?? join(homedir(), '.local', 'state');
  return join(state, 'micropython-fleet', 'undo');
}
