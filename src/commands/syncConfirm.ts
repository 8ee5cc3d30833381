import * as vscode from 'vscode';
import type { Preview } from '../views/sync/syncCenter';

/** So many names are listed in the question; the rest is counted. */
const LISTED = 20;

/** Asks before a mirror deletes, with the list; anything else needs no question. */
export async function confirmMirror({ board, plan, chosen }: Preview): Promise<boolean> {
  const deletions = plan.actions.filter((a) => a.kind === 'delete' && chosen.has(a.path));
  if (deletions.length === 0) return true;
  const names = deletions.map((a) => (a.type === 'dir' ? `${a.path}/` : a.path));
  const more = names.length - LISTED;
  const listed = names.slice(0, LISTED).join('\n');
  const detail = more > 0 ? `${listed}\n${vscode.l10n.t('and {0} more', more)}` : listed;
  const yes = vscode.l10n.t('Delete and Sync');
  const question = vscode.l10n.t('Delete {0} items from {1}?', names.length, board.name);
  return (await vscode.window.showWarningMessage(question, { modal: true, detail }, yes)) === yes;
}
