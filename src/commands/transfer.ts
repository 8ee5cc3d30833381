import * as vscode from 'vscode';
import type { Board } from '../core/board/board';
import type { WriteItem } from '../core/boardFiles';
import { bytesText } from '../core/board/boardInfoText';
import { forEachBoard } from '../core/many/jobs';
import { compiledPath, removeSources } from '../core/packages/compileForBoard';
import type { ViewContext } from '../views/context';
import { collectLocal, type LocalTree } from '../views/localFiles';
import { nameOf } from '../views/tree/nodes';
import { tellBriefly } from '../views/brief';
import { summarise } from './summary';
import type { Call, Command, ProgressLook } from './types';

const UPLOADING: ProgressLook = {
  where: 'notification',
  title: (names) => vscode.l10n.t('Uploading to {0}', names),
};

/** From this computer to boards. */
export const transferCommands: readonly Command[] = [
  {
    id: 'upload',
    needs: 'local',
    which: 'present',
    many: true,
    progress: UPLOADING,
    run: (context, { uris, boards }, call) => upload(context, uris, boards, '/', call),
  },
  {
    id: 'uploadTo',
    needs: 'local',
    which: 'present',
    many: true,
    progress: UPLOADING,
    run: async (context, { uris, boards }, call) => {
      const folder = await askFolder();
      if (folder !== undefined) await upload(context, uris, boards, folder, call);
    },
  },
  {
    id: 'uploadHere',
    needs: 'remote',
    progress: UPLOADING,
    run: async (context, [target], call) => {
      if (!target) return;
      const uris = await vscode.window.showOpenDialog({
        title: vscode.l10n.t('Upload to {0}', target.path),
        openLabel: vscode.l10n.t('Upload'),
        canSelectMany: true,
        canSelectFolders: true,
        canSelectFiles: true,
      });
      if (uris) await upload(context, uris, [target.board], target.path, call);
    },
  },
  {
    id: 'uploadInto',
    needs: 'remote',
    progress: UPLOADING,
    run: async (context, [target], call) => {
      const [, folder, uris] = call.args;
      if (!target || typeof folder !== 'string' || !Array.isArray(uris)) return;
      await upload(context, uris as vscode.Uri[], [target.board], folder, call);
    },
  },
];

/** Uploads to every board at once; each file is written beside the old one, verified, then renamed. */
async function upload(
  context: ViewContext,
  uris: readonly vscode.Uri[],
  boards: readonly Board[],
  folder: string,
  call: Call,
): Promise<void> {
  const tree = await collectLocal(uris, folder);
  const total = tree.files.reduce((sum, f) => sum + f.size, 0) * boards.length;
  const done = new Map<Board, number>();
  const outcomes = await forEachBoard(
    boards,
    (board, signal) =>
      uploadTo(context, board, tree, signal, (bytes, path) => {
        done.set(board, bytes);
        const all = [...done.values()].reduce((a, b) => a + b, 0);
        call.report(`${nameOf(path)} (${bytesText(all)} / ${bytesText(total)})`, all, total);
      }),
    { signal: call.signal },
  );
  summarise(context, outcomes, vscode.l10n.t('Uploading'), 'mpyFleet.upload', uris);
  const ok = outcomes.filter((o) => o.status === 'ok').length;
  if (ok > 0) {
    const what =
      tree.files.length === 1 ? nameOf(tree.files[0]?.path ?? '') : String(tree.files.length);
    tellBriefly(
      tree.files.length === 1
        ? vscode.l10n.t('$(check) {0} uploaded', what)
        : vscode.l10n.t('$(check) {0} files uploaded', what),
    );
  }
}

async function uploadTo(
  context: ViewContext,
  board: Board,
  tree: LocalTree,
  signal: AbortSignal,
  onBytes: (bytes: number, path: string) => void,
): Promise<void> {
  for (const folder of tree.emptyFolders)
    await board.files.mkdir(folder, { parents: true, signal });
  const { items, sources } = await uploadItems(context, board, tree, signal);
  if (items.length > 0) {
    await board.files.writeMany(items, {
      signal,
      onProgress: (bytes, _total, path) => onBytes(bytes, path),
    });
  }
  await removeSources(board.files, sources, signal);
  await context.origins.note(board, tree.files);
}

/** What is written where; compiled if the user wants that, and then all of it before anything is sent. */
async function uploadItems(
  { packages }: ViewContext,
  board: Board,
  { files }: LocalTree,
  signal: AbortSignal,
): Promise<{ items: WriteItem[]; sources: string[] }> {
  const compiler = await packages.compiling.forBoard(board, signal);
  const items: WriteItem[] = [];
  const sources: string[] = [];
  for (const { local, path } of files) {
    const content = async () => vscode.workspace.fs.readFile(local);
    if (!compiler || compiledPath(path) === undefined) {
      items.push({ path, content });
      continue;
    }
    items.push(await compiler.compile(path, await content(), local));
    sources.push(path);
  }
  return { items, sources };
}

async function askFolder(): Promise<string | undefined> {
  const folder = await vscode.window.showInputBox({
    title: vscode.l10n.t('Upload to which folder of the board?'),
    value: '/',
    prompt: vscode.l10n.t('Folders that are not there are made.'),
    validateInput: (text) =>
      text.startsWith('/') ? undefined : vscode.l10n.t('Begin with "/", the root of the board.'),
  });
  return folder === undefined ? undefined : folder.replace(/\/+$/, '') || '/';
}
