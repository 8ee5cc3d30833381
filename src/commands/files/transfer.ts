import * as vscode from 'vscode';
import { type Board, bytesText } from '../../core/board';
import type { BoardFiles } from '../../core/boardFiles';
import { applyUpload, forEachBoard, planFor } from '../../core/many';
import type { Needs } from '../../views/context';
import { collectLocal, type LocalTree } from '../../views/localFiles';
import { nameOf } from '../../views/tree';
import { offerUndo } from './offerUndo';
import { summarise } from '../summary';
import type { Call, Command, ProgressLook } from '../types';
import { showInputBox, tellBriefly } from '../../views/message';

const UPLOADING: ProgressLook = {
  where: 'notification',
  title: (names) => vscode.l10n.t('Uploading to {0}', names),
};

/** Commands that upload files to boards. */
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

/**
 * Uploads to all boards in parallel; each file goes to a temporary name, is verified, and is then
 * renamed.
 */
async function upload(
  context: Needs<'log' | 'tree' | 'many' | 'sync'>,
  uris: readonly vscode.Uri[],
  boards: readonly Board[],
  /** On the boards; `/` is the root of each board's files. */
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
        ? vscode.l10n.t('{0} uploaded', what)
        : vscode.l10n.t('{0} files uploaded', what),
      'check',
    );
  }
}

async function uploadTo(
  context: Needs<'log' | 'many' | 'sync'>,
  board: Board,
  tree: LocalTree,
  signal: AbortSignal,
  onBytes: (bytes: number, path: string) => void,
): Promise<void> {
  const { upload } = context.many.jobs.forJobs;
  const files = tree.files.map(({ path, local }) => {
    const content = async () => vscode.workspace.fs.readFile(local);
    return { path, content, local: local.toString() };
  });
  const plan = await planFor(board, { ...tree, files }, upload, signal);
  const onProgress = (bytes: number, _total: number, path: string) => onBytes(bytes, path);
  await applyUpload(board, plan, upload, signal, async (items) => {
    const write = (files: BoardFiles) => files.writeMany(items, { signal, onProgress });
    const replaced =
      items.length > 0 ? await context.sync.replace(board, items, { signal }, write) : 0;
    if (replaced === 0) return;
    const first = items[0]?.path ?? '';
    offerUndo(
      context,
      board,
      items.length === 1
        ? vscode.l10n.t('{0} replaced on {1}', first, board.name)
        : vscode.l10n.t('{0} files replaced on {1}', replaced, board.name),
    );
  });
}

async function askFolder(): Promise<string | undefined> {
  const folder = await showInputBox({
    title: vscode.l10n.t('Upload to which folder on the board?'),
    value: '/',
    prompt: vscode.l10n.t('Missing folders are created. "/" is where the board keeps its files.'),
    validateInput: (text) =>
      text.startsWith('/') ? undefined : vscode.l10n.t('Start with "/", the root of the board.'),
  });
  return folder === undefined ? undefined : folder.replace(/\/+$/, '') || '/';
}
