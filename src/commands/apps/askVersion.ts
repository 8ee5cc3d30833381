import * as vscode from 'vscode';
import { gitTags, LATEST } from '../../core/apps';
import { isTrusted } from '../../views/trust';

/**
 * Asks for a version: '' stands for the files in the folder now, otherwise `latest` or a tag.
 * Undefined: the user cancelled.
 */
export async function askVersion(folder: vscode.Uri, title: string): Promise<string | undefined> {
  // The repository's own configuration names programs that git runs (filters, for example).
  if (!isTrusted()) return '';
  const tags = await gitTags(folder.fsPath);
  if (tags === undefined) return '';
  const items = [
    { label: vscode.l10n.t('Files as they are now'), ref: '' },
    {
      label: vscode.l10n.t('Latest'),
      description: vscode.l10n.t('the last commit of the branch'),
      ref: LATEST,
    },
    ...tags.map((tag) => ({ label: tag, description: vscode.l10n.t('git tag'), ref: tag })),
  ];
  return (await vscode.window.showQuickPick(items, { title }))?.ref;
}
