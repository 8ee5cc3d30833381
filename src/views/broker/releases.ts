import * as vscode from 'vscode';
import { type LoadUrl, releaseFromWeb, updateKeys } from '../../core/updates';
import type { Needs } from '../context';

/**
 * Returns the public keys whose releases the user accepts.
 * @throws UsageError if the setting holds something else
 */
export function trustedKeys({ settings }: Needs<'settings'>): readonly string[] {
  return updateKeys(settings.get('updateKeys').join(' '));
}

/** Loads the files of releases: from the web, or from the computer on which the extension runs. */
export function loadUrl({ packages }: Needs<'packages'>, signal: AbortSignal): LoadUrl {
  const fromWeb = releaseFromWeb(packages.fetcher, signal);
  return async (url, maxBytes, hash) =>
    /^https?:/i.test(url)
      ? fromWeb(url, maxBytes, hash)
      : vscode.workspace.fs.readFile(vscode.Uri.parse(url, true));
}
