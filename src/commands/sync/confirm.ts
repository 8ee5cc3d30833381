import * as vscode from 'vscode';
import type { Preview } from '../../views/sync';
import { showWarningMessage } from '../../views/message';
import { firstLines } from '../summary';

/** Number of names that the question lists. The rest is a count. */
const LISTED = 20;

/** Asks before a mirror deletes files, and lists them. Other syncs need no confirmation. */
export async function confirmMirror({ board, plan, chosen }: Preview): Promise<boolean> {
  const deletions = plan.actions.filter((a) => a.kind === 'delete' && chosen.has(a.path));
  if (deletions.length === 0) return true;
  const names = deletions.map((a) => (a.type === 'dir' ? `${a.path}/` : a.path));
  const detail = firstLines(names, LISTED).join('\n');
  const yes = vscode.l10n.t('Delete and Sync');
  const [only = ''] = names;
  const question =
    names.length === 1
      ? vscode.l10n.t('Delete {0} from {1}?', only, board.name)
      : vscode.l10n.t('Delete {0} items from {1}?', names.length, board.name);
  return (await showWarningMessage(question, { modal: true, detail }, yes)) === yes;
}
