import * as vscode from 'vscode';
import type { Role } from '../../core/agent';

/** Asks what the recipient of a key may do. */
export async function askRole(names: string): Promise<Role | undefined> {
  const roles: (vscode.QuickPickItem & { readonly role: Role })[] = [
    {
      role: 'viewer',
      label: vscode.l10n.t('View'),
      detail: vscode.l10n.t('State, log and file names'),
    },
    {
      ...{ role: 'operator', label: vscode.l10n.t('View, read and restart') },
      detail: vscode.l10n.t('Also file contents, restarts, and starting and stopping its program'),
    },
    {
      role: 'admin',
      label: vscode.l10n.t('Everything'),
      detail: vscode.l10n.t('Also running code and changing files'),
    },
  ];
  const title = vscode.l10n.t('What may someone with this key do on {0}?', names);
  return (await vscode.window.showQuickPick(roles, { title }))?.role;
}
