import * as vscode from 'vscode';
import type { Needs } from '../context';
import type { SyncAction } from '../../core/sync';
import type { Preview } from './shown';
import type { SyncNode } from './syncView';
import { uriAt } from './workspaceFs';

/** The side of a comparison that does not exist is an empty document. */
const NOTHING = 'mpysync';

/** Supplies the text of files that do not exist. */
export function registerNothing(): vscode.Disposable {
  return vscode.workspace.registerTextDocumentContentProvider(NOTHING, {
    provideTextDocumentContent: () => '',
  });
}

/**
 * Opens both sides of a row of the Sync view: the present content, and the content after the
 * action.
 */
export async function showDiff(context: Needs<'uris'>, node: SyncNode): Promise<void> {
  if (node.kind === 'syncAction') await showAction(context, node);
  else if (node.kind === 'syncDrift') await showDrift(context, node);
}

/**
 * Closes the diffs of a preview that was applied, since both sides are now equal. Keeps a diff that
 * the user edited.
 */
export async function closeDiffs(context: Needs<'uris'>, preview: Preview): Promise<void> {
  const pairs = new Set(
    preview.plan.actions.map((action) => pairOf(sidesOf(context, { preview, action }))),
  );
  const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs);
  const done = tabs.filter(
    ({ input, isDirty }) =>
      input instanceof vscode.TabInputTextDiff &&
      !isDirty &&
      pairs.has(pairOf([input.original, input.modified])),
  );
  await vscode.window.tabGroups.close(done);
}

function pairOf(sides: readonly vscode.Uri[]): string {
  return sides.map((uri) => uri.toString()).join(' ');
}

/** Returns the present content, and the content after the action. */
function sidesOf(
  context: Needs<'uris'>,
  { action, preview }: { action: SyncAction; preview: Preview },
): [vscode.Uri, vscode.Uri] {
  const { path, local, kind } = action;
  const onBoard = context.uris.toUri(preview.board, path);
  const here = local === undefined ? nothing(path) : uriAt(preview.source.base, local);
  const [now, then] = action.side === 'board' ? [onBoard, here] : [here, onBoard];
  return [kind === 'add' ? nothing(path) : now, kind === 'delete' ? nothing(path) : then];
}

async function showAction(context: Needs<'uris'>, node: SyncNode & { kind: 'syncAction' }) {
  const { action, preview } = node;
  if (action.type !== 'file') return;
  const { path } = action;
  const [before, after] = sidesOf(context, node);
  const words = action.side === 'board' ? preview.board.name : preview.source.label;
  const title = vscode.l10n.t('{0}: {1} now ↔ after the sync', baseName(path), words);
  await vscode.commands.executeCommand('vscode.diff', before, after, title);
}

async function showDrift(context: Needs<'uris'>, node: SyncNode & { kind: 'syncDrift' }) {
  const { drift, compared } = node;
  const { left, right } = compared;
  const { path } = drift;
  const leftUri = drift.kind === 'onlyRight' ? nothing(path) : left.uriOf(path);
  const rightUri = drift.kind === 'onlyLeft' ? nothing(path) : context.uris.toUri(right, path);
  const title = `${baseName(path)}: ${left.name} ↔ ${right.name}`;
  await vscode.commands.executeCommand('vscode.diff', leftUri, rightUri, title);
}

function nothing(path: string): vscode.Uri {
  return vscode.Uri.from({ scheme: NOTHING, path });
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
