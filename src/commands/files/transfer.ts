import * as vscode from 'vscode';
import type { Board } from '../../core/board';
import type { Needs } from '../../views/context';
import { filesInWords, uploadAction } from '../../views/localFiles';
import { showInputBox, tellBriefly } from '../../views/message';
import { runOnBoards } from '../fleet';
import { boardsOf, chooseBoards } from '../targets';
import type { Call, Command, ProgressLook } from '../types';

const UPLOADING: ProgressLook = {
  where: 'notification',
  title: (names) => vscode.l10n.t('Uploading to {0}', names),
};

/** Commands that upload files to boards. */
export const transferCommands: readonly Command[] = [
  {
    id: 'upload',
    needs: 'local',
    which: 'presentOrLater',
    many: true,
    progress: UPLOADING,
    run: (context, { uris, boards }, call) => upload(context, uris, boards, '/', call),
  },
  {
    id: 'uploadTo',
    needs: 'nothing',
    progress: { where: 'notification', title: () => vscode.l10n.t('Uploading') },
    run: uploadTo,
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
 * Uploads files. On each board, a file is written under a temporary name, verified, and then
 * renamed.
 */
async function upload(
  context: Needs<'log' | 'settings' | 'many'>,
  uris: readonly vscode.Uri[],
  boards: readonly Board[],
  /** On the boards; `/` is the root of each board's files. */
  folder: string,
  call: Call,
): Promise<void> {
  const action = await uploadAction(uris, folder);
  if (!(await runOnBoards(context, action, boards, call))) return;
  tellBriefly(vscode.l10n.t('{0} uploaded', filesInWords(action.files)), 'check');
}

/** Asks for everything that the call does not contain: files, boards, and the folder on them. */
async function uploadTo(
  context: Needs<'log' | 'settings' | 'fleet' | 'active' | 'focus' | 'uris' | 'many'>,
  call: Call,
): Promise<void> {
  const uris = await filesOf(call.args);
  if (!uris) return;
  const given = boardsOf(context, call.args);
  const boards =
    given.length > 0 ? given : await chooseBoards(context, vscode.l10n.t('Upload to boards'));
  const folder = boards && (await askFolder());
  if (boards && folder !== undefined) await upload(context, uris, boards, folder, call);
}

/** Returns the files clicked in the Explorer, or asks for files. */
async function filesOf(args: readonly unknown[]): Promise<readonly vscode.Uri[] | undefined> {
  const given = args
    .flat()
    .filter((a): a is vscode.Uri => a instanceof vscode.Uri && a.scheme !== 'mpy');
  if (given.length > 0) return [...new Map(given.map((u) => [u.toString(), u])).values()];
  const editor = vscode.window.activeTextEditor?.document.uri;
  return vscode.window.showOpenDialog({
    canSelectMany: true,
    ...(editor?.scheme === 'file' && { defaultUri: editor }),
    title: vscode.l10n.t('Upload which files to the boards?'),
    openLabel: vscode.l10n.t('Upload'),
  });
}

async function askFolder(): Promise<string | undefined> {
  const folder = await showInputBox({
    title: vscode.l10n.t('Upload to which folder on the boards?'),
    value: '/',
    prompt: vscode.l10n.t('Missing folders are created. "/" is where a board keeps its files.'),
    validateInput: (text) =>
      text.startsWith('/') ? undefined : vscode.l10n.t('Start with "/", the root of the board.'),
  });
  return folder === undefined ? undefined : folder.replace(/\/+$/, '') || '/';
}
