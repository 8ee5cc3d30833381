import * as vscode from 'vscode';
import { callCommand } from '../../views/callCommand';
import type { Board } from '../../core/board';
import { text } from '../../core/bytes';
import { UsageError } from '../../core/errors';
import { readLock, readRequirements } from '../../core/packages';
import type { Needs } from '../../views/context';
import { onBoards } from './packages';
import type { Call, Command } from '../types';
import { openFolder } from '../../views/helpful';
import { saveFile } from '../../views/saveFile';

const LOCK_NAME = 'mpy.lock';

/** Commands for lock files and requirements files of the workspace. */
export const packageFileCommands: readonly Command[] = [
  {
    id: 'installLock',
    needs: 'boards',
    which: 'present',
    progress: {
      where: 'notification',
      title: (names) => vscode.l10n.t('Installing mpy.lock on {0}', names),
    },
    run: async (context, boards, call) => {
      const lock = readLock(text(await readWorkspace(lockUri())));
      await onBoards(context, boards, call, 'mpyFleet.installLock', {}, (board, options) =>
        context.packages.manager.installLock(board, lock, options),
      );
    },
  },
  {
    id: 'writeLock',
    needs: 'board',
    which: 'present',
    progress: { where: 'notification', title: () => vscode.l10n.t('Writing mpy.lock') },
    run: writeLock,
  },
  { id: 'installRequirements', needs: 'nothing', run: installRequirements },
];

async function writeLock(
  context: Needs<'settings' | 'packages'>,
  board: Board,
  { signal }: Call,
): Promise<void> {
  const { packages, settings } = context;
  const target = await packages.boardFor(board, signal);
  const folder = settings.get('packages.target');
  const locked = await packages.manager.lockBoard(target, [target], { signal, target: folder });
  const uri = lockUri();
  await saveFile(uri, locked);
  await vscode.window.showTextDocument(uri);
}

async function installRequirements(_context: unknown, { args }: Call): Promise<void> {
  const [given] = args;
  const uri = given instanceof vscode.Uri ? given : await pickRequirements();
  if (!uri) return;
  const at = (path: string) => uri.with({ path });
  const specs = await readRequirements(uri.path, {
    read: async (path) => text(await readWorkspace(at(path))),
    resolve: (from, name) => vscode.Uri.joinPath(at(from), '..', name).path,
    folderOf: (path) => vscode.Uri.joinPath(at(path), '..').fsPath,
    nameOf: (path) => vscode.workspace.asRelativePath(at(path)),
  });
  if (specs.length === 0) {
    throw new UsageError(
      vscode.l10n.t('{0} does not name a package', vscode.workspace.asRelativePath(uri)),
    );
  }
  await callCommand('mpyFleet.installPackages', undefined, [{ specs }]);
}

async function pickRequirements(): Promise<vscode.Uri | undefined> {
  const found = await vscode.workspace.findFiles('**/requirements*.txt', '**/node_modules/**', 20);
  if (found.length === 0) {
    throw new UsageError(vscode.l10n.t('This folder has no requirements file'), {
      hint: vscode.l10n.t('Create a requirements.txt with one package per line.'),
    });
  }
  const [only] = found;
  if (only && found.length === 1) return only;
  const choice = await vscode.window.showQuickPick(
    found.map((uri) => ({ label: vscode.workspace.asRelativePath(uri), uri })),
    { title: vscode.l10n.t('Install from which file?') },
  );
  return choice?.uri;
}

function lockUri(): vscode.Uri {
  const [folder] = vscode.workspace.workspaceFolders ?? [];
  if (folder) return vscode.Uri.joinPath(folder.uri, LOCK_NAME);
  throw new UsageError(vscode.l10n.t('No folder is open'), {
    hint: vscode.l10n.t("Open your program's folder: mpy.lock is stored in it."),
    next: openFolder(),
  });
}

async function readWorkspace(uri: vscode.Uri): Promise<Uint8Array> {
  try {
    return await vscode.workspace.fs.readFile(uri);
  } catch (cause) {
    if (!(cause instanceof vscode.FileSystemError) || cause.code !== 'FileNotFound') throw cause;
    const name = vscode.workspace.asRelativePath(uri);
    throw new UsageError(vscode.l10n.t('{0} does not exist', name), {
      cause,
      hint:
        name === LOCK_NAME
          ? vscode.l10n.t('"Write mpy.lock" creates it from the packages on a board.')
          : vscode.l10n.t('Check the file name.'),
    });
  }
}
