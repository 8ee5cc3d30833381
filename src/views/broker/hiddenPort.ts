import * as vscode from 'vscode';
import { asError } from '../../core/errors';
import type { Log } from '../../core/log';

/**
 * The setting in which VS Code looks up what to do with a port that a program opens. The manifest
 * adds the usual ports of brokers to its defaults.
 */
const SETTING = 'remote.portsAttributes';

/**
 * Adds a broker's port to the settings of the computer on which it runs, so that VS Code does not
 * offer to open it in the browser, as it does for every new port in a remote window. An extension
 * cannot say so at run time without an API that is still proposed (`portsAttributes`). Call this
 * before the port is opened. A failure is only logged, since the broker runs without it.
 */
export async function hidePort(port: number, log: Log): Promise<void> {
  if (vscode.env.remoteName === undefined) return;
  const config = vscode.workspace.getConfiguration();
  if (hasEntry(config.get(SETTING), port)) return;
  const own = config.inspect<Record<string, unknown>>(SETTING)?.globalValue;
  const entry = { label: vscode.l10n.t('MQTT broker'), onAutoForward: 'ignore' };
  try {
    await config.update(SETTING, { ...own, [port]: entry }, vscode.ConfigurationTarget.Global);
  } catch (error) {
    log.warn(`${SETTING} was not changed for port ${port}: ${asError(error).message}`);
  }
}

/**
 * Returns whether a key of the setting is this port or a range that contains it, whatever the entry says: it may be the user's own
 * decision. Keys that are regular expressions match command lines, not ports.
 */
export function hasEntry(attributes: unknown, port: number): boolean {
  if (typeof attributes !== 'object' || attributes === null) return false;
  return Object.keys(attributes).some((key) => {
    const [, first, last] = /^(\d+)(?:-(\d+))?$/.exec(key) ?? [];
    return first !== undefined && port >= Number(first) && port <= Number(last ?? first);
  });
}
