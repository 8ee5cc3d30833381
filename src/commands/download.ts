import * as vscode from 'vscode';
import type { Board } from '../core/board/board';
import { bytesText } from '../core/board/boardInfoText';
import { CancelledError } from '../core/errors';
import { localParts } from '../core/localName';
import type { ViewContext } from '../views/context';
import { childOf, nameOf, parentOf } from '../views/tree/nodes';
import type { Command, RemoteTarget } from './types';

/** A file to fetch: where it is, and its path below the folder the user chose. */
interface Wanted {
  readonly board: Board;
  readonly path: string;
  readonly below: string;
  readonly size: number;
}

/** From boards to this computer. */
export const downloadCommands: readonly Command[] = [
  {
    id: 'download',
    needs: 'remote',
    progress: {
      where: 'notification',
      title: (names) => vscode.l10n.t('Downloading from {0}', names),
    },
    run: async (context, targets, call) => {
      const folder = await askFolder();
      if (!folder) return;
      const wanted = (await Promise.all(targets.map((t) => expand(t, call.signal)))).flat();
      const places = wanted.map((w) => ({ ...w, local: localPlace(folder, w.below) }));
      await confirmOverwrite(places.map((p) => p.local));
      const total = wanted.reduce((sum, w) => sum + w.size, 0);
      let before = 0;
      for (const board of new Set(places.map((p) => p.board))) {
        const own = places.filter((p) => p.board === board);
        await fetch(
          context,
          board,
          own,
          (done, path) => {
            const all = before + done;
            call.report(`${nameOf(path)} (${bytesText(all)} / ${bytesText(total)})`, all, total);
          },
          call.signal,
        );
        before += own.reduce((sum, w) => sum + w.size, 0);
      }
    },
  },
];

/** All of one board in one stream; each file is written when it has come whole. */
async function fetch(
  context: ViewContext,
  board: Board,
  places: readonly (Wanted & { local: vscode.Uri })[],
  onProgress: (done: number, path: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const take = async (content: Uint8Array, path: string) => {
    for (const { local } of places.filter((p) => p.path === path)) {
      await vscode.workspace.fs.writeFile(local, content);
      await context.origins.note(board, [{ path, local }]);
    }
  };
  const items = [...new Map(places.map((p) => [p.path, p])).values()];
  await board.files.readMany(items, take, {
    signal,
    onProgress: (done, _total, path) => onProgress(done, path),
  });
}

/** All files of a target; a folder keeps its name, the root of a board gives its content. */
async function expand({ board, path }: RemoteTarget, signal: AbortSignal): Promise<Wanted[]> {
  const stat = path === '/' ? undefined : await board.files.stat(path, signal);
  if (stat?.type === 'file') return [{ board, path, below: nameOf(path), size: stat.size }];
  const base = path === '/' ? '/' : parentOf(path);
  const skip = base === '/' ? 1 : base.length + 1;
  const entries = await board.files.walk(path, { signal });
  return entries
    .filter((e) => e.type === 'file')
    .map((e) => ({ board, path: e.path, below: e.path.slice(skip), size: e.size }));
}

/** @throws FileError when the board's name for the file cannot be a name here: nothing leaves the chosen folder */
function localPlace(folder: vscode.Uri, below: string): vscode.Uri {
  return vscode.Uri.joinPath(folder, ...localParts(childOf('/', below)));
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

/** @throws CancelledError when the user keeps what is there */
async function confirmOverwrite(places: readonly vscode.Uri[]): Promise<void> {
  const there: vscode.Uri[] = [];
  for (const place of places) if (await exists(place)) there.push(place);
  const [first] = there;
  if (!first) return;
  const overwrite = vscode.l10n.t('Overwrite');
  const question =
    there.length === 1
      ? vscode.l10n.t('{0} is there already. Overwrite it?', nameOf(first.path))
      : vscode.l10n.t(
          '{0} of {1} files are there already. Overwrite them?',
          there.length,
          places.length,
        );
  const answer = await vscode.window.showWarningMessage(question, { modal: true }, overwrite);
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
