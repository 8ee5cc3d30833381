import * as vscode from 'vscode';
import type { Board } from '../../core/board';
import { UsageError } from '../../core/errors';
import type { Needs } from '../../views/context';
import { type Compared, DEVICES, SYNC_VIEW, workspaceFs } from '../../views/sync';
import type { Command, ProgressLook } from '../types';
import { openFolder } from '../../views/helpful';
import { saveFile } from '../../views/saveFile';

const COMPARING: ProgressLook = {
  where: 'notification',
  title: (names) => vscode.l10n.t('Comparing {0}', names),
};

/** Commands that compare boards and folders, and create device files. */
export const compareCommands: readonly Command[] = [
  {
    id: 'compareWithFolder',
    needs: 'board',
    which: 'present',
    progress: COMPARING,
    run: async (context, board, { signal }) =>
      show(context, await context.sync.compareWithSource(board, { signal })),
  },
  {
    id: 'compareBoards',
    needs: 'boards',
    which: 'present',
    progress: COMPARING,
    run: async (context, [left, right, more], { signal }) => {
      if (!left || !right || more) {
        throw new UsageError(vscode.l10n.t('Two boards are needed for a comparison'), {
          hint: vscode.l10n.t('Select two boards in the Boards view, then compare them.'),
        });
      }
      await show(context, await context.sync.compareBoards(left, right, { signal }));
    },
  },
  { id: 'createDeviceConfig', needs: 'board', which: 'any', run: createDeviceConfig },
];

async function show(context: Needs<'sync'>, compared: Compared): Promise<void> {
  context.sync.show(compared);
  await vscode.commands.executeCommand(`${SYNC_VIEW}.focus`);
}

/** Adds the board to the workspace's device file, and opens the file. */
async function createDeviceConfig({ sync }: Needs<'sync'>, board: Board): Promise<void> {
  const folder = vscode.workspace.workspaceFolders?.[0];
  if (!folder) {
    throw new UsageError(vscode.l10n.t('No folder is open'), { next: openFolder() });
  }
  if (board.uid === undefined) {
    throw new UsageError(vscode.l10n.t('{0} has not reported its unique id yet', board.name), {
      hint: vscode.l10n.t('Connect it first.'),
    });
  }
  const found = await sync.devices.find(board);
  if (found) {
    const { file, line } = found.device.place;
    const at = new vscode.Position(line - 1, 0);
    await vscode.window.showTextDocument(vscode.Uri.parse(file), {
      selection: new vscode.Range(at, at),
    });
    return;
  }
  const uri = vscode.Uri.joinPath(folder.uri, DEVICES, 'boards.yaml');
  const fs = workspaceFs(folder.uri);
  const exists = await fs.stat(uri.path);
  const before = exists ? new TextDecoder().decode(await fs.read(uri.path)) : '';
  const { addDevice } = await import('../../core/deviceYaml/edit');
  const text = addDevice(before, board.name, board.uid);
  await saveFile(uri, text);
  await vscode.window.showTextDocument(uri);
}
