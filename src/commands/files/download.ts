import { posix } from 'node:path';
import * as vscode from 'vscode';
import { type Board, bytesText } from '../../core/board';
import { CancelledError } from '../../core/errors';
import {
  boardFolders,
  ContentHash,
  fetchFiles,
  filesAt,
  filesMatching,
  type FleetAction,
  type Wanted,
} from '../../core/many';
import type { Needs } from '../../views/context';
import {
  showInformationMessage,
  showInputBox,
  showWarningMessage,
  tellBriefly,
} from '../../views/message';
import { nameOf } from '../../views/tree';
import { boardsOf, chooseBoards } from '../targets';
import { startJob } from '../fleet';
import { transferProgress } from '../transferProgress';
import type { Call, Command, RemoteTarget } from '../types';
import { placeFile } from '../../views/saveFile';

/** Key of the workspace's last answer, which the box for a path or pattern proposes. */
const PATTERN_KEY = 'mpyFleet.collectPattern';

/** Commands that download files from boards. */
export const downloadCommands: readonly Command[] = [
  {
    id: 'download',
    needs: 'remote',
    progress: {
      where: 'notification',
      title: (names) => vscode.l10n.t('Downloading from {0}', names),
    },
    run: async (context, targets, call) => {
      const boards = [...new Set(targets.map((t) => t.board))];
      const [board, second] = boards;
      if (!board) return;
      const folder = await askFolder();
      if (!folder) return;
      const pathsOf = (of: Board) => targets.filter((t) => t.board === of).map((t) => t.path);
      if (!second) {
        await downloadFrom(context, board, pathsOf(board), folder, call);
        return;
      }
      const label = labelOf(targets);
      const filesOf = (of: Board, signal: AbortSignal) => filesAt(of, pathsOf(of), signal);
      await collect(context, boards, folder, label, filesOf, call.signal);
    },
  },
  {
    id: 'collectFiles',
    needs: 'nothing',
    run: async (context, { args }) => {
      const pattern = await askPattern(context);
      if (pattern === undefined) return;
      const given = boardsOf(context, args);
      const title = vscode.l10n.t('Collect files from boards');
      const boards = given.length > 0 ? given : await chooseBoards(context, title);
      if (!boards) return;
      const folder = await askFolder();
      if (!folder) return;
      await collect(context, boards, folder, pattern, (board, signal) =>
        filesMatching(board, pattern, signal),
      );
    },
  },
];

/**
 * Saves all files of a board in a folder that the user chooses.
 * @returns where they are, in a few words; undefined: cancelled
 * @throws the error of a file that cannot be read or saved, and CancelledError
 */
export async function saveAllFiles(
  context: Needs<'origins'>,
  board: Board,
  call: Call,
): Promise<string | undefined> {
  const folder = await call.ask(askFolder);
  if (!folder) return undefined;
  await board.connect({ signal: call.signal });
  const count = await downloadFrom(context, board, ['/'], folder, call);
  return `${folder.fsPath}: ${filesText(count)}`;
}

/** Downloads one board's files directly into the folder. @returns their number */
async function downloadFrom(
  context: Needs<'origins'>,
  board: Board,
  paths: readonly string[],
  folder: vscode.Uri,
  call: Call,
): Promise<number> {
  const { signal } = call;
  const files = await filesAt(board, paths, signal);
  await call.ask(() => confirmOverwrite(files.map((f) => vscode.Uri.joinPath(folder, f.below))));
  const total = files.reduce((sum, f) => sum + f.size, 0);
  const progress = transferProgress(call);
  await fetchInto(context, board, files, folder, {
    signal,
    onProgress: (done, path) => progress(done, total, path),
  });
  return files.length;
}

/**
 * Downloads files of many boards in parallel, into one folder for each board. The Results view has
 * a row for each.
 */
async function collect(
  context: Needs<'log' | 'settings' | 'origins' | 'many'>,
  boards: readonly Board[],
  folder: vscode.Uri,
  label: string,
  filesOf: (board: Board, signal: AbortSignal) => Promise<readonly Wanted[]>,
  signal?: AbortSignal,
): Promise<void> {
  const folders = boardFolders(boards);
  const placeOf = (board: Board) => vscode.Uri.joinPath(folder, folders.get(board) ?? board.name);
  await confirmFolders(boards.map(placeOf));
  const action: FleetAction = {
    kind: 'work',
    title: vscode.l10n.t('Collect {0}', label),
    work: async (board, io) => {
      const files = await filesOf(board, io.signal);
      const total = files.reduce((sum, f) => sum + f.size, 0);
      const content = new ContentHash();
      await fetchInto(context, board, files, placeOf(board), {
        signal: io.signal,
        onProgress: (done) => io.progress?.(done, total),
        onContent: (path, bytes) => content.add(path, bytes),
      });
      const count = filesText(files.length);
      // Equal answers are grouped, so an answer says what the files contain, not only how large they are.
      io.print(`${[count, bytesText(total), content.words].filter(Boolean).join(', ')}\n`);
    },
  };
  const job = await startJob(context, action, boards, signal);
  const ok = job?.results.filter((r) => r.status === 'ok').length ?? 0;
  if (ok > 0) tellCollected(folder, ok, boards.length, context);
}

function filesText(count: number): string {
  return count === 1 ? vscode.l10n.t('1 file') : vscode.l10n.t('{0} files', String(count));
}

function tellCollected(folder: vscode.Uri, ok: number, all: number, { log }: Needs<'log'>): void {
  const text = collectedText(folder.fsPath, ok, all);
  log.info(text);
  // The Explorer shows a folder of the workspace already, and a message would cover the answers in the Results view.
  const root = vscode.workspace.getWorkspaceFolder(folder);
  if (root) {
    // The status bar has room for a short path only.
    const below = posix.relative(root.uri.path, folder.path);
    tellBriefly(collectedText(posix.join(root.name, below), ok, all), 'check');
    return;
  }
  const open = vscode.l10n.t('Open Folder');
  showInformationMessage(text, open).then(
    async (answer) => {
      if (answer === open) await vscode.commands.executeCommand('revealFileInOS', folder);
    },
    (error: unknown) => log.error('Opening the folder failed', String(error)),
  );
}

function collectedText(place: string, ok: number, all: number): string {
  if (all === 1)
    return vscode.l10n.t("The board's files are in {0}, in a folder of its name.", place);
  return ok === all
    ? vscode.l10n.t('Files from {0} boards are in {1}, one folder each.', all, place)
    : vscode.l10n.t('Files from {0} of {1} boards are in {2}, one folder each.', ok, all, place);
}

async function fetchInto(
  context: Needs<'origins'>,
  board: Board,
  files: readonly Wanted[],
  folder: vscode.Uri,
  options: {
    signal: AbortSignal;
    onProgress: (done: number, path: string) => void;
    onContent?: (path: string, content: Uint8Array) => void;
  },
): Promise<void> {
  const put = async (parts: readonly string[], content: Uint8Array, path: string) => {
    options.onContent?.(path, content);
    const local = vscode.Uri.joinPath(folder, ...parts);
    await placeFile(local, content);
    context.origins.note([board], [{ path, local }]);
  };
  await fetchFiles(board, files, put, options);
}

/** Describes the download briefly, for the title of the results. */
function labelOf(targets: readonly RemoteTarget[]): string {
  const paths = [...new Set(targets.map((t) => t.path))];
  const shown = paths.slice(0, 3).map((p) => (p === '/' ? vscode.l10n.t('all files') : p));
  return shown.join(', ') + (paths.length > shown.length ? ', …' : '');
}

async function askPattern({ extension }: Needs<'extension'>): Promise<string | undefined> {
  const state = extension.workspaceState;
  const answer = await showInputBox({
    title: vscode.l10n.t('Collect which files?'),
    prompt: vscode.l10n.t(
      'A path or a pattern: /result.csv, *.csv in any folder, /logs with everything in it.',
    ),
    value: state.get<string>(PATTERN_KEY, '*.csv'),
    validateInput: (text) =>
      /^[^/#!]|^\/[^/]/.test(text.trim())
        ? undefined
        : vscode.l10n.t('Enter a path such as /result.csv or a pattern such as *.csv.'),
  });
  const pattern = answer?.trim();
  if (pattern) await state.update(PATTERN_KEY, pattern);
  return pattern;
}

async function askFolder(): Promise<vscode.Uri | undefined> {
  const workspace = vscode.workspace.workspaceFolders?.find((f) => f.uri.scheme === 'file')?.uri;
  const chosen = await vscode.window.showOpenDialog({
    title: vscode.l10n.t('Download into which folder?'),
    openLabel: vscode.l10n.t('Download Here'),
    canSelectFiles: false,
    canSelectFolders: true,
    defaultUri: workspace,
  });
  return chosen?.[0];
}

/**
 * Asks before existing files are overwritten.
 * @throws CancelledError when the user keeps the existing files
 */
async function confirmOverwrite(places: readonly vscode.Uri[]): Promise<void> {
  const there: vscode.Uri[] = [];
  for (const place of places) if (await exists(place)) there.push(place);
  const [first] = there;
  if (!first) return;
  await confirm(
    there.length === 1
      ? vscode.l10n.t('{0} already exists. Overwrite it?', nameOf(first.path))
      : vscode.l10n.t(
          '{0} of {1} files already exist. Overwrite them?',
          there.length,
          places.length,
        ),
  );
}

/**
 * Asks before files of an earlier download with the same names are replaced.
 * @throws CancelledError
 */
async function confirmFolders(folders: readonly vscode.Uri[]): Promise<void> {
  const there: string[] = [];
  for (const folder of folders) if (await exists(folder)) there.push(nameOf(folder.path));
  if (there.length === 0) return;
  const names = there.slice(0, 5).join(', ') + (there.length > 5 ? ', …' : '');
  await confirm(
    there.length === 1
      ? vscode.l10n.t('A folder for {0} already exists. Overwrite files in it?', names)
      : vscode.l10n.t(
          'Folders for {0} boards already exist. Overwrite files in them?',
          there.length,
        ),
    names,
  );
}

async function confirm(question: string, detail?: string): Promise<void> {
  const overwrite = vscode.l10n.t('Overwrite');
  const options = { modal: true, ...(detail ? { detail } : {}) };
  const answer = await showWarningMessage(question, options, overwrite);
  if (answer !== overwrite) throw new CancelledError();
}

async function exists(uri: vscode.Uri): Promise<boolean> {
  try {
    await vscode.workspace.fs.stat(uri);
    return true;
  } catch (error) {
    if (error instanceof vscode.FileSystemError && error.code === 'FileNotFound') return false;
    throw error;
  }
}
