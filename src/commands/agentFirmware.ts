import * as vscode from 'vscode';
import type { Board } from '../core/board';
import { UsageError } from '../core/errors';
import { updateFirmwareOn } from '../core/many';
import { airBoardOf } from '../views/broker';
import type { ViewContext } from '../views/context';
import { showInformationMessage, showWarningMessage } from '../views/message';
import { updateInWaves } from './agentWaves';
import { namesOf } from './summary';
import type { Call, Command } from './types';

/** Commands to update firmware over the air, for boards whose flash has room for a second image. */
export const firmwareCommands: readonly Command[] = [
  {
    id: 'updateFirmware',
    needs: 'boards',
    which: 'present',
    progress: {
      where: 'notification',
      title: (names) => vscode.l10n.t('Updating the firmware of {0}', names),
    },
    run: updateFirmware,
  },
];

async function updateFirmware(
  context: ViewContext,
  boards: readonly Board[],
  call: Call,
): Promise<void> {
  const air = new Map(boards.map((board) => [board, airBoardOf(context, board)]));
  const able = [...air.values()].filter(({ control }) => control.birth?.caps.has('ota'));
  if (able.length === 0) {
    throw new UsageError(
      vscode.l10n.t('{0} cannot take new firmware over the air', namesOf(boards)),
      {
        hint: vscode.l10n.t('That needs an ESP32 with two firmware partitions. Use the cable.'),
      },
    );
  }
  const image = await call.ask(() => askImage(boards));
  if (!image) return;
  const [only, second] = boards;
  if (only && !second) {
    await updateFirmwareOn(airBoardOf(context, only), image, {
      signal: call.signal,
      onStep: (words) => call.report(words),
      onProgress: (done, total) => call.report(vscode.l10n.t('writing'), done, total),
    });
    void showInformationMessage(vscode.l10n.t('{0} runs the new firmware', only.name));
    return;
  }
  await call.ask(() =>
    updateInWaves(context, boards, {
      title: vscode.l10n.t('Update the firmware'),
      update: (board, signal) =>
        updateFirmwareOn(air.get(board) ?? airBoardOf(context, board), image, { signal }),
    }),
  );
}

/** Asks for an image, and for confirmation to write it. */
async function askImage(boards: readonly Board[]): Promise<Uint8Array | undefined> {
  const files = await vscode.window.showOpenDialog({
    title: vscode.l10n.t(
      'Firmware for {0} (the application image for updates, .app-bin or .bin)',
      namesOf(boards),
    ),
    filters: { Firmware: ['bin', 'app-bin'] },
  });
  if (!files?.[0]) return undefined;
  const image = await vscode.workspace.fs.readFile(files[0]);
  const write = vscode.l10n.t('Update');
  const answer = await showWarningMessage(
    vscode.l10n.t('Write new firmware to {0}?', namesOf(boards)),
    {
      modal: true,
      detail: vscode.l10n.t(
        'The old firmware is kept and restored if the new one does not reach the broker.',
      ),
    },
    write,
  );
  return answer === write ? image : undefined;
}
