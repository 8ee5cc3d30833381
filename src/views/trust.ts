import * as vscode from 'vscode';
import { UsageError } from '../core/errors';

/**
 * Returns whether the user trusts this workspace, so that its settings, tasks and device files may
 * take effect.
 */
export function isTrusted(): boolean {
  return vscode.workspace.isTrusted;
}

/** Checks that the workspace is trusted. @throws UsageError with a hint in restricted mode */
export function requireTrust(): void {
  if (isTrusted()) return;
  throw new UsageError(
    vscode.l10n.t('This folder is in restricted mode, so its files cannot affect boards'),
    { hint: vscode.l10n.t('Trust the folder first, with "Workspaces: Manage Workspace Trust".') },
  );
}
