import * as vscode from 'vscode';
import type { ViewContext } from '../context';
import type { SyncNode } from './syncView';
import { uriAt } from './workspaceFs';

/** The side of a comparison that does not exist is an empty document. */
const NOTHING = 'mpysync';

/** Gives the text of files that are not there. */
export function registerNothing(): vscode.Disposable {
  return vscode.workspace.registerTextDocumentContentProvider(NOTHING, {
    provideTextDocumentContent: () => '',
  });
}

/** Opens the two sides of a row of the Sync view side by side: what is there now, and what it becomes. */
export async function showDiff(context: ViewContext, node: SyncNode): Promise<void> {
  if (node.kind === 'syncAction') await showAction(context, node);
  else if (node.kind === 'syncDrift') await showDrift(context, node);
}

async function showAction(context: ViewContext, node: SyncNode & { kind: 'syncAction' }) {
  const { action, preview } = node;
  if (action.type !== 'file') return;
  const { path, local, kind } = action;
  const onBoard = context.uris.toUri(preview.board, path);
  const here = local === undefined ? nothing(path) : uriAt(preview.source.base, local);
  const [now, then] = action.side === 'board' ? [onBoard, here] : [here, onBoard];
  const before = kind === 'add' ? nothing(path) : now;
  const after = kind === 'delete' ? nothing(path) : then;
  const words = action.side === 'board' ? preview.board.name : preview.source.label;
  const title = vscode.l10n.t('{0}: {1} now ↔ after the sync', baseName(path), words);
  await vscode.commands.executeCommand('vscode.diff', before, after, title);
}

async function showDrift(context: ViewContext, node: SyncNode & { kind: 'syncDrift' }) {
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
