import * as vscode from 'vscode';
import { type Board, readInfo } from '../../core/board';
import { UsageError } from '../../core/errors';
import type { Needs } from '../../views/context';
import { setUpStubs } from '../../views/packages/stubSetup';
import type { Call, Command } from '../types';
import { showInformationMessage } from '../../views/message';
import { openFolder } from '../../views/helpful';

/** Commands that set up code completion for a board. */
export const stubCommands: readonly Command[] = [
  {
    id: 'setUpStubs',
    needs: 'board',
    which: 'present',
    progress: {
      where: 'notification',
      title: (names) => vscode.l10n.t('Setting up code completion for {0}', names),
    },
    run,
  },
];

async function run(
  context: Needs<'extension' | 'settings' | 'packages'>,
  board: Board,
  { signal, begin }: Call,
): Promise<void> {
  const folder = await chooseFolder();
  if (!folder) return;
  begin();
  const { platform, version } = board.info ?? {};
  const info =
    platform !== undefined && version !== undefined
      ? { platform, version }
      : await board.withSession((session) => readInfo(session, signal), { signal });
  const { packages, note } = await setUpStubs(context, info, folder, signal);
  const done = vscode.l10n.t('Code completion is set up: {0}', packages.join(', '));
  void showInformationMessage(note === undefined ? done : `${done}. ${note}`);
}

async function chooseFolder(): Promise<vscode.WorkspaceFolder | undefined> {
  const folders = vscode.workspace.workspaceFolders ?? [];
  const [first] = folders;
  if (!first) {
    throw new UsageError(vscode.l10n.t('No folder is open'), {
      hint: vscode.l10n.t("Open your program's folder: the stubs are stored in it."),
      next: openFolder(),
    });
  }
  return folders.length === 1 ? first : vscode.window.showWorkspaceFolderPick();
}
