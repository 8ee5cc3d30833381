import * as vscode from 'vscode';
import { fleetFile } from '../../core/many';
import type { Needs } from '../../views/context';
import { showInformationMessage } from '../../views/message';
import type { Command } from '../types';
import { saveFile } from '../../views/saveFile';

/** Exports the window's boards for shells elsewhere, for colleagues and for CI. */
export const exportBoardsCommands: readonly Command[] = [
  { id: 'exportBoards', needs: 'nothing', run: exportBoards },
];

async function exportBoards({
  many,
  adoption,
  settings,
  brokers,
}: Needs<'settings' | 'adoption' | 'brokers' | 'many'>): Promise<void> {
  const boards = many.selectable().filter(({ board }) => adoption.standingOf(board) === 'own');
  const profiles = brokers.hub.all.map((b) => b.profile);
  const { text, count, left } = fleetFile(boards, settings.get('groups'), profiles);
  const [folder] = vscode.workspace.workspaceFolders ?? [];
  const target = await vscode.window.showSaveDialog({
    title: vscode.l10n.t('Export boards for mpyfleet'),
    filters: { JSON: ['json'] },
    defaultUri: folder
      ? vscode.Uri.joinPath(folder.uri, '.micropython', 'fleet.json')
      : vscode.Uri.file('fleet.json'),
  });
  if (!target) return;
  await saveFile(target, text);
  const done =
    count === 1
      ? vscode.l10n.t('1 board exported, without keys.')
      : vscode.l10n.t('{0} boards exported, without keys.', count);
  const missing =
    left.length === 0
      ? ''
      : ` ${vscode.l10n.t('Left out because only this window reaches them: {0}', left.join(', '))}`;
  const keys = vscode.l10n.t('Export Keys…');
  if ((await showInformationMessage(done + missing, keys)) === keys) {
    await vscode.commands.executeCommand('mpyFleet.exportKeys');
  }
}
