import * as vscode from 'vscode';
import { callCommand } from '../../views/callCommand';
import type { Board } from '../../core/board';
import type { WriteItem } from '../../core/boardFiles';
import { FileError, UsageError } from '../../core/errors';
import { belongsToAgent } from '../../core/files';
import { compressHostlist, sharedName } from '../../core/many';
import type { Needs } from '../../views/context';
import { filesInWords } from '../../views/localFiles';
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
import { offerUndo, offerUndoOfReplaced } from '../offerUndo';
import { firstLines } from '../summary';
import type { Call, Command, RemoteTarget } from '../types';
import { transferProgress } from '../transferProgress';
import { showWarningMessage, tellBriefly } from '../../views/message';

/** Number of files that the question before a deletion lists. */
const LISTED = 8;

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
        const own = files.filter((f) => f.board === board);
        const paths = own.map((f) => f.path);
        const kept = await context.sync.remove(board, paths, { signal });
        const said = vscode.l10n.t('{0} deleted from {1}', inWords(own), board.name);
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
    run: async (context, [target], call) => {
      const [, folder, nodes] = call.args;
      if (!target || typeof folder !== 'string' || !Array.isArray(nodes)) return;
      const dragged = (nodes as unknown[]).flatMap((dropped) =>
        isTreeNode(dropped) ? remoteOnly(dropped) : ofUri(context, dropped),
      );
      await moveInto(context, topmost(dragged), target.board, folder, call);
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
  const names = compressHostlist([...new Set(files.map((f) => f.board.name))]);
  const question = vscode.l10n.t('Delete {0} from {1}?', inWords(files), names);
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
  const options = { modal: true, detail: [...listed(files), detail].join('\n') };
  const answer = await showWarningMessage(question, options, remove);
  return answer === remove;
}

/** Returns the path of one file or folder, else how many there are. */
function inWords(files: readonly RemoteTarget[]): string {
  const [first] = files;
  if (first && files.length === 1) return first.path;
  return files.some((f) => f.type === 'dir')
    ? vscode.l10n.t('{0} files and folders', files.length)
    : vscode.l10n.t('{0} files', files.length);
}

/** Lists what is deleted, if there are several, and of which board. Of many, the first ones. */
function listed(files: readonly RemoteTarget[]): string[] {
  if (files.length < 2) return [];
  const isOnOne = files.every((f) => f.board === files[0]?.board);
  const lines = files.map((f) => (isOnOne ? f.path : `${f.board.name}: ${f.path}`));
  return [...firstLines(lines, LISTED), ''];
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
 * lost if the cable is pulled. Files that the copies replace can be restored.
 */
async function moveInto(
  context: Needs<'log' | 'sync'>,
  sources: readonly RemoteTarget[],
  board: Board,
  folder: string,
  { signal, report }: Pick<Call, 'signal' | 'report'>,
): Promise<void> {
  const items: WriteItem[] = [];
  for (const source of sources) {
    const to = childOf(folder, nameOf(source.path));
    if (source.board !== board) items.push(...(await readForCopy(source, board, to, signal)));
    else if (to !== source.path) {
      await board.files.rename(source.path, to, { overwrite: false, signal });
    }
  }
  if (items.length === 0) return;
  const paths = items.map(({ path }) => path);
  const twice = sharedName(paths);
  if (twice !== undefined) {
    throw new UsageError(vscode.l10n.t('Two of the files would become {0}', twice), {
      hint: vscode.l10n.t('Drag the files of one board at a time. Nothing was copied.'),
    });
  }
  const options = { signal, onProgress: transferProgress({ report }) };
  // In one step, because Undo restores the last one.
  const count = await context.sync.replace(board, items, options, (files, changed) =>
    files.writeMany(changed, options),
  );
  if (count > 0) offerUndoOfReplaced(context, board, count, paths);
  else tellBriefly(vscode.l10n.t('{0} copied to {1}', filesInWords(items), board.name), 'check');
}

/** Reads what is copied to `to` on another board, and makes its folders there. */
async function readForCopy(
  source: RemoteTarget,
  board: Board,
  to: string,
  signal: AbortSignal,
): Promise<WriteItem[]> {
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
  return items;
}
