import * as vscode from 'vscode';
import { readApp } from '../../core/apps';
import type { Board } from '../../core/board';
import { UsageError } from '../../core/errors';
import { allTags } from '../../core/many';
import type { Needs } from '../../views/context';
import { showInformationMessage } from '../../views/message';
import { askFolder, localPath } from './apps';
import { askVersion } from './askVersion';
import { boardsOf, chooseBoards } from '../targets';
import { startJob } from '../fleet';
import type { Call, Command } from '../types';

/** Commands to assign an app to boards. */
export const assignCommands: readonly Command[] = [
  { id: 'assignApp', needs: 'nothing', run: assign },
  { id: 'unassignApp', needs: 'nothing', run: unassign },
  { id: 'applyApps', needs: 'nothing', run: apply },
];

async function assign(
  context: Needs<'settings' | 'fleet' | 'active' | 'focus' | 'appVersions' | 'many'>,
  { args, signal }: Call,
): Promise<void> {
  const folder = await askFolder(args);
  if (!folder) return;
  const ref = await askVersion(folder, vscode.l10n.t('Assign which version?'));
  if (ref === undefined) return;
  const { id, manifest } = await readApp(localPath(folder), ref, signal);
  const to = await askSelector(context, vscode.l10n.t('Which boards should run {0}?', id));
  if (!to) return;
  const { appVersions, many } = context;
  await appVersions.file.assign({ to, folder: localPath(folder), ref });
  await appVersions.refresh();
  const differ = many.select(to).boards.map((b) => b.board);
  const now = vscode.l10n.t('Deploy Now');
  const words = vscode.l10n.t('{0} is assigned to {1}', manifest.name, to);
  if ((await showInformationMessage(words, now)) === now) await deployDesired(context, differ);
}

/** Asks for tags, groups, all boards, or some of them by name. */
async function askSelector(
  context: Needs<'settings' | 'fleet' | 'active' | 'focus' | 'many'>,
  title: string,
): Promise<string | undefined> {
  const { many, settings } = context;
  const tags = new Set(many.selectable().flatMap(allTags));
  const named = vscode.l10n.t('Boards by Name…');
  const items = [
    { label: named },
    { label: 'all', description: vscode.l10n.t('every board') },
    ...[...tags].sort().map((tag) => ({ label: `tag:${tag}` })),
    ...Object.entries(settings.get('groups')).map(([name, description]) => ({
      ...{ label: `@${name}`, description },
    })),
  ];
  const picked = await vscode.window.showQuickPick(items, { title });
  if (picked?.label !== named) return picked?.label;
  const boards = await chooseBoards(context, title);
  return boards?.map((b) => JSON.stringify(b.name)).join(',');
}

async function unassign({ appVersions }: Needs<'appVersions'>): Promise<void> {
  const all = await appVersions.file.read();
  if (all.length === 0) throw new UsageError(vscode.l10n.t('No app is assigned to boards'));
  const items = all.map(({ to, folder, ref }) => ({
    ...{ label: to, description: ref, detail: folder },
  }));
  const title = vscode.l10n.t('Remove which assignment?');
  const picked = await vscode.window.showQuickPick(items, { title });
  if (!picked) return;
  await appVersions.file.unassign(picked.label);
  await appVersions.refresh();
}

/** Applies assignments to the clicked boards, or to all boards that differ. */
async function apply(
  context: Needs<'settings' | 'fleet' | 'uris' | 'appVersions' | 'many'>,
  { args }: Call,
): Promise<void> {
  await context.appVersions.refresh();
  const given = boardsOf(context, args);
  await deployDesired(context, given.length > 0 ? given : context.fleet.boards);
}

async function deployDesired(
  context: Needs<'settings' | 'appVersions' | 'many'>,
  boards: readonly Board[],
): Promise<void> {
  const { appVersions } = context;
  const assigned = boards.filter((b) => appVersions.assigned(b));
  const differing = assigned.filter((b) => appVersions.of(b)?.drift !== 'none');
  const some = differing.length > 0 ? differing : assigned;
  if (some.length === 0) {
    throw new UsageError(vscode.l10n.t('No app is assigned to these boards'), {
      hint: vscode.l10n.t('Assign one with "Assign App to Boards…".'),
    });
  }
  const title = vscode.l10n.t('Deploy assigned apps');
  await startJob(context, { kind: 'deployApp', title }, some);
}
