import { homedir } from 'node:os';
import { join } from 'node:path';

type Env = Readonly<Record<string, string | undefined>>;

/** Returns the folder of the records. The command line and VS Code share it. */
export function stateFolder(env: Env): string {
  const base = env.XDG_STATE_HOME ?? env.LOCALAPPDATA ?? join(homedir(), '.local', 'state');
  return join(base, 'micropython-fleet');
}

/** Returns the folder of cached downloads. */
export function cacheFolder(env: Env): string {
  const base = env.XDG_CACHE_HOME ?? env.LOCALAPPDATA ?? join(homedir(), '.cache');
  return join(base, 'micropython-fleet', 'packages');
}
