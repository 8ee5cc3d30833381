import * as vscode from 'vscode';
import type { Board } from '../core/board/board';
import type { WriteItem } from '../core/boardFiles';
import { FileError } from '../core/errors';
import { AGENT_FOLDER, MAIN_FILE } from '../core/files/startLines';
import type { ViewContext } from '../views/context';
import { hasAgent } from '../views/tree/boardLook';
import { childOf, isTreeNode, nameOf, parentOf, type TreeNode } from '../views/tree/nodes';
import { askName } from './askName';
import type { Command, RemoteTarget } from './types';

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
    needs: 'remote',
    run: async (_context, [target], { signal }) => {
      if (!target || target.path === '/') return;
      const { board, path } = target;
      const title = vscode.l10n.t('Rename {0}', nameOf(path));
      const name = await askName(title, nameOf(path));
      if (name === undefined || name === nameOf(path)) return;
      await board.files.rename(path, childOf(parentOf(path), name), { overwrite: false, signal });
    },
  },
  {
    id: 'delete',
    needs: 'remote',
    progress: { where: 'view', title: (names) => vscode.l10n.t('Deleting from {0}', names) },
    run: async (context, targets, { signal }) => {
      const files = topmost(targets.filter((t) => t.path !== '/'));
      if (files.length === 0 || !(await confirmDelete(context, files))) return;
      for (const { board, path } of files) {
        await board.files.remove(path, { recursive: true, signal });
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
    run: async (_context, [target], { args, signal }) => {
      const [, folder, nodes] = args;
      if (!target || typeof folder !== 'string' || !Array.isArray(nodes)) return;
      const dragged = (nodes as unknown[]).filter(isTreeNode).flatMap(remoteOnly);
      for (const source of topmost(dragged)) await moveInto(source, target.board, folder, signal);
    },
  },
];

async function askNew(target: RemoteTarget, title: string): Promise<string | undefined> {
  const folder = target.type === 'file' ? parentOf(target.path) : target.path;
  const name = await askName(vscode.l10n.t('{0} in {1}', title, folder), '');
  return name === undefined ? undefined : childOf(folder, name);
}

/** Writing replaces: a new file must not. */
async function refuseExisting(board: Board, path: string, signal: AbortSignal): Promise<void> {
  const [hash] = await board.files.hash([path], signal);
  if (hash === undefined) return;
  throw new FileError('EEXIST', path, vscode.l10n.t('{0} is there already', path), {
    hint: vscode.l10n.t('Choose another name.'),
  });
}

async function confirmDelete(
  { settings }: ViewContext,
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
    vscode.l10n.t('Folders are deleted with all that is in them. A board has no recycle bin.'),
    ...(files.some(startsAgent)
      ? [
          vscode.l10n.t(
            'The agent starts from there: after a restart the board is reached by cable only.',
          ),
        ]
      : []),
  ].join(' ');
  const remove = vscode.l10n.t('Delete');
  const answer = await vscode.window.showWarningMessage(question, { modal: true, detail }, remove);
  return answer === remove;
}

/** Without it a board that is behind a broker does not come back after a restart. */
function startsAgent({ board, path }: RemoteTarget): boolean {
  return hasAgent(board) && (path === MAIN_FILE || `${path}/`.startsWith(`${AGENT_FOLDER}/`));
}

function remoteOnly(node: TreeNode): RemoteTarget[] {
  return node.kind === 'remote'
    ? [{ board: node.board, path: node.path, type: node.entry.type }]
    : [];
}

/** Without what lies within another of them. */
function topmost(targets: readonly RemoteTarget[]): RemoteTarget[] {
  return targets.filter(
    (t) => !targets.some((o) => o.board === t.board && t.path.startsWith(`${o.path}/`)),
  );
}

/** Within a board a rename; to another board a copy, since nothing there may be lost when the cable is pulled. */
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
  const entries =
    source.type === 'file' ? [source] : await source.board.files.walk(source.path, { signal });
  if (source.type === 'dir') await board.files.mkdir(to, { parents: true, signal });
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
