import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Cli } from './cli';

/**
 * Returns the folder of the user's settings, by the XDG base directory specification: `XDG_CONFIG_HOME`, else
 * `~/.config`.
 */
export function configHome(env: Cli['env']): string {
  return env.XDG_CONFIG_HOME ?? join(env.HOME ?? homedir(), '.config');
}
