import * as vscode from 'vscode';
import { callCommand } from '../../views/callCommand';
import type { Board } from '../../core/board';
import type { WriteItem } from '../../core/boardFiles';
import { FileError, UsageError } from '../../core/errors';
import { belongsToAgent } from '../../core/files';
import type { Needs } from '../../views/context';
import {
  childOf,
  hasAgent,
  isTreeNode,
  nameOf,
  parentOf,
  type RemoteNode,
  type TreeNode,
} from '../../views/tree';
import { askName } from './askName';
import { offerUndo } from '../offerUndo';
import type { Command, RemoteTarget } from '../types';
import { showWarningMessage, tellBriefly } from '../../views/message';

/** Files and folders on a board. */
export const fileCommands: readonly Command[] = [
  {
    id: 'newFile',
    needs: 'remote',
    run: async (context, [target], { signal }) => {
      if (!target) return;
      const path = await askNew(target, vscode.l10n.t('New file'));
      if (path === undefined) return;
      await refuseExisting(target.board, path, signal);
      await target.board.files.write(path, new Uint8Array(), { signal });
      await vscode.window.showTextDocument(context.uris.toUri(target.board, path));
    },
  },
  {
    id: 'newFolder',
    needs: 'remote',
    run: async (_context, [target], { signal }) => {
      if (!target) return;
      const path = await askNew(target, vscode.l10n.t('New folder'));
      if (path !== undefined) await target.board.files.mkdir(path, { signal });
    },
  },
  {
    id: 'renameFile',
    needs: 'rows',
    run: async (_context, rows, { signal }) => {
      const [row, second] = rows;
      if (!row) throw noRow();
      if (second && rows.every(({ kind }) => kind === 'board')) {
        await callCommand('mpyFleet.rename', row, rows);
        return;
      }
      if (second) {
        throw new UsageError(vscode.l10n.t('{0} rows are selected', rows.length), {
          hint: vscode.l10n.t('Select one row to rename it.'),
        });
      }
      if (row.kind === 'board') await callCommand('mpyFleet.rename', row);
      if (row.kind === 'remote') await renameRow(row, signal);
    },
  },
  {
    id: 'delete',
    needs: 'rows',
    progress: { where: 'view', title: (names) => vscode.l10n.t('Deleting from {0}', names) },
    run: async (context, rows, { signal }) => {
      const files = topmost(rows.flatMap(remoteOnly));
      if (files.length === 0) onlyFiles(rows);
      if (files.length === 0 || !(await confirmDelete(context, files))) return;
      for (const board of new Set(files.map((f) => f.board))) {
        const paths = files.filter((f) => f.board === board).map((f) => f.path);
        const kept = await context.sync.remove(board, paths, { signal });
        const what = paths.length === 1 ? (paths[0] ?? '') : String(paths.length);
        const said =
          paths.length === 1
            ? vscode.l10n.t('{0} deleted from {1}', what, board.name)
            : vscode.l10n.t('{0} files and folders deleted from {1}', what, board.name);
        if (kept !== undefined) offerUndo(context, board, said);
        else tellBriefly(vscode.l10n.t('{0}. This firmware cannot hash files: no undo.', said));
      }
    },
  },
  {
    id: 'copyPath',
    needs: 'remote',
    run: async (_context, targets) => {
      await vscode.env.clipboard.writeText(targets.map((t) => t.path).join('\n'));
    },
  },
  {
    id: 'moveInto',
    needs: 'remote',
    progress: { where: 'notification', title: (names) => vscode.l10n.t('Moving to {0}', names) },
    run: async (context, [target], { args, signal }) => {
      const [, folder, nodes] = args;
      if (!target || typeof folder !== 'string' || !Array.isArray(nodes)) return;
      const dragged = (nodes as unknown[]).flatMap((dropped) =>
        isTreeNode(dropped) ? remoteOnly(dropped) : ofUri(context, dropped),
      );
      for (const source of topmost(dragged)) await moveInto(source, target.board, folder, signal);
    },
  },
];

async function renameRow({ board, path }: RemoteNode, signal: AbortSignal): Promise<void> {
  const title = vscode.l10n.t('Rename {0}', nameOf(path));
  const name = await askName(title, nameOf(path));
  if (name === undefined || name === nameOf(path)) return;
  await board.files.rename(path, childOf(parentOf(path), name), { overwrite: false, signal });
}

/** Shows a message for Delete on a board's row, because a key without any effect looks broken. */
function onlyFiles(rows: readonly TreeNode[]): void {
  if (rows.length === 0) throw noRow();
  tellBriefly(vscode.l10n.t('Delete works only on files and folders of a board'));
}

/** Creates the error for a key that was pressed without a focused or selected row. */
function noRow(): UsageError {
  return new UsageError(vscode.l10n.t('No row of the tree is selected'), {
    hint: vscode.l10n.t('Click a row, or go to it with the arrow keys, and press the key again.'),
  });
}

async function askNew(target: RemoteTarget, title: string): Promise<string | undefined> {
  const folder = target.type === 'file' ? parentOf(target.path) : target.path;
  const name = await askName(vscode.l10n.t('{0} in {1}', title, folder), '');
  return name === undefined ? undefined : childOf(folder, name);
}

/** Refuses an existing path: writing would replace the file, and a new file must not. */
async function refuseExisting(board: Board, path: string, signal: AbortSignal): Promise<void> {
  const [hash] = await board.files.hash([path], signal);
  if (hash === undefined) return;
  throw new FileError('EEXIST', path, vscode.l10n.t('{0} already exists', path), {
    hint: vscode.l10n.t('Choose another name.'),
  });
}

async function confirmDelete(
  { settings }: Needs<'settings'>,
  files: readonly RemoteTarget[],
): Promise<boolean> {
  if (!settings.get('files.confirmDelete')) return true;
  const [first] = files;
  if (!first) return false;
  const question =
    files.length === 1
      ? vscode.l10n.t('Delete {0} from {1}?', first.path, first.board.name)
      : vscode.l10n.t('Delete {0} files and folders?', files.length);
  const detail = [
    ...(files.some((f) => f.type === 'dir')
      ? [vscode.l10n.t('Folders are deleted with everything in them.')]
      : []),
    vscode.l10n.t('A copy is kept on this computer: "Undo" restores it.'),
    ...(files.some(startsAgent)
      ? [
          vscode.l10n.t(
            'The agent starts from there: after a restart, the board is reachable only by cable.',
          ),
        ]
      : []),
  ].join(' ');
  const remove = vscode.l10n.t('Delete');
  const answer = await showWarningMessage(question, { modal: true, detail }, remove);
  return answer === remove;
}

/**
 * Returns whether a file starts the agent. Without it, a board behind a broker does not reconnect
 * after a restart.
 */
function startsAgent({ board, path }: RemoteTarget): boolean {
  return hasAgent(board) && belongsToAgent(path);
}

function remoteOnly(node: TreeNode): RemoteTarget[] {
  return node.kind === 'remote'
    ? [{ board: node.board, path: node.path, type: node.entry.type }]
    : [];
}

/** Removes paths that lie within another one. */
function topmost(targets: readonly RemoteTarget[]): RemoteTarget[] {
  return targets.filter(
    (t) => !targets.some((o) => o.board === t.board && t.path.startsWith(`${o.path}/`)),
  );
}

function ofUri(context: Needs<'uris'>, dropped: unknown): RemoteTarget[] {
  const place = dropped instanceof vscode.Uri ? context.uris.fromUri(dropped) : undefined;
  return place ? [place] : [];
}

/**
 * Renames within a board. To another board it copies and keeps the original, so that nothing is
 * lost if the cable is pulled.
 */
async function moveInto(
  source: RemoteTarget,
  board: Board,
  folder: string,
  signal: AbortSignal,
): Promise<void> {
  const to = childOf(folder, nameOf(source.path));
  if (source.board === board) {
    if (to === source.path) return;
    await board.files.rename(source.path, to, { overwrite: false, signal });
    return;
  }
  const type = source.type ?? (await source.board.files.stat(source.path, signal)).type;
  const entries =
    type === 'file'
      ? [{ type, path: source.path }]
      : await source.board.files.walk(source.path, { signal });
  if (type === 'dir') await board.files.mkdir(to, { parents: true, signal });
  const place = (path: string) => to + path.slice(source.path.length);
  for (const { type, path } of entries) {
    if (type === 'dir') await board.files.mkdir(place(path), { parents: true, signal });
  }
  const items: WriteItem[] = [];
  await source.board.files.readMany(
    entries.filter((entry) => entry.type === 'file'),
    (content, path) => void items.push({ path: place(path), content }),
    { signal },
  );
  await board.files.writeMany(items, { signal });
}
