import * as vscode from 'vscode';
import type { Board } from '../../core/board';
import { CancelledError } from '../../core/errors';
import type { Needs } from '../../views/context';
import { SECTION } from '../../views/settings';
import { ownerOf } from '../../views/sync';

/** Key in the workspace's state: the user has chosen to keep the whole folder on boards. */
const WHOLE_KEY = 'mpyFleet.sync.wholeFolder';
/** Folders of development tools, which never belong on a board. */
const NOT_FOR_BOARDS = /^(\.|node_modules$|__pycache__$|venv$|env$)/;

/**
 * Asks, at the first sync of a workspace, which folder belongs on the boards, and saves the answer
 * as a mapping in the workspace's settings. Without a mapping it would be the whole workspace. Does
 * not ask if a mapping or a device file exists, or if there is no folder.
 * @throws CancelledError when the user chooses none
 */
export async function chooseSyncFolder(
  context: Needs<'extension' | 'settings' | 'sync'>,
  board: Board,
): Promise<void> {
  const { settings, sync, extension } = context;
  const [root, second] = (vscode.workspace.workspaceFolders ?? []).filter(isLocal);
  if (!root || second || settings.get('sync.mappings').length > 0) return;
  if (extension.workspaceState.get<boolean>(WHOLE_KEY) || (await sync.devices.find(board))) return;
  if (await ownerOf(context, board)) return;
  const folders = await foldersIn(root.uri);
  if (folders.length === 0) return;
  const picked = await vscode.window.showQuickPick(
    [
      { label: vscode.l10n.t('The whole folder {0}', root.name), folder: undefined },
      ...folders.map((folder) => ({ label: `${folder}/`, folder })),
    ],
    {
      title: vscode.l10n.t('Which folder should the board hold?'),
      placeHolder: vscode.l10n.t('Asked once; set mpyFleet.sync.mappings to define more folders'),
      ignoreFocusOut: true,
    },
  );
  if (!picked) throw new CancelledError();
  if (picked.folder === undefined) await extension.workspaceState.update(WHOLE_KEY, true);
  else {
    // Saved for this workspace only: the user's settings would apply it to all others.
    await vscode.workspace
      .getConfiguration(SECTION)
      .update('sync.mappings', [`${picked.folder} -> /`], vscode.ConfigurationTarget.Workspace);
  }
}

function isLocal({ uri }: vscode.WorkspaceFolder): boolean {
  return uri.scheme !== 'mpy';
}

async function foldersIn(uri: vscode.Uri): Promise<string[]> {
  const entries = await vscode.workspace.fs.readDirectory(uri);
  return entries
    .filter(
      ([name, type]) => (type & vscode.FileType.Directory) !== 0 && !NOT_FOR_BOARDS.test(name),
    )
    .map(([name]) => name)
    .filter((name) => !name.includes('->'))
    .sort();
}
