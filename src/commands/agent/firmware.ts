import * as vscode from 'vscode';
import type { Board } from '../../core/board';
import { UsageError } from '../../core/errors';
import { updateFirmwareOn } from '../../core/many';
import { sha256 } from '../../core/packages';
import { airBoardOf } from '../../views/broker';
import type { Needs } from '../../views/context';
import { showInformationMessage, showWarningMessage } from '../../views/message';
import { nameOf } from '../../views/tree';
import { updateInWaves } from './waves';
import { withoutAway } from '../fleet';
import { namesOf } from '../summary';
import type { Call, Command } from '../types';

/** Commands to update firmware over the air, for boards whose flash has room for a second image. */
export const firmwareCommands: readonly Command[] = [
  {
    id: 'updateFirmware',
    needs: 'boards',
    which: 'any',
    progress: {
      where: 'notification',
      title: (names) => vscode.l10n.t('Updating the firmware of {0}', names),
    },
    run: updateFirmware,
  },
];

/** Updates boards that are connected now, several of them in waves; the others can be updated when they return. */
async function updateFirmware(
  context: Needs<'settings' | 'brokers' | 'history' | 'many'>,
  boards: readonly Board[],
  call: Call,
): Promise<void> {
  // The capabilities of a board are known while it is connected to its broker.
  const births = boards.map((board) => airBoardOf(context, board).control.birth);
  if (births.every((birth) => birth && !birth.caps.has('ota'))) {
    throw new UsageError(
      vscode.l10n.t('{0} cannot take new firmware over the air', namesOf(boards)),
      {
        hint: vscode.l10n.t('That needs an ESP32 with two firmware partitions. Use the cable.'),
      },
    );
  }
  const chosen = await call.ask(() => askImage(boards));
  if (!chosen) return;
  const { uri, image } = chosen;
  const label = nameOf(uri.path);
  const file = uri.toString();
  const action = { kind: 'updateFirmware', label, file, sha256: sha256(image) } as const;
  const there = await call.ask(() => withoutAway(context, action, boards));
  const [only, second] = there;
  if (!only) return;
  if (!second) {
    await updateFirmwareOn(airBoardOf(context, only), image, {
      signal: call.signal,
      onStep: (words) => call.report(words),
      onProgress: (done, total) => call.report(vscode.l10n.t('writing'), done, total),
    });
    void showInformationMessage(vscode.l10n.t('{0} runs the new firmware', only.name));
    return;
  }
  await call.ask(() =>
    updateInWaves(context, there, {
      title: vscode.l10n.t('Update the firmware'),
      update: (board, signal) => updateFirmwareOn(airBoardOf(context, board), image, { signal }),
    }),
  );
}

/** Asks for an image, and for confirmation to write it. */
async function askImage(
  boards: readonly Board[],
): Promise<{ readonly uri: vscode.Uri; readonly image: Uint8Array } | undefined> {
  const files = await vscode.window.showOpenDialog({
    title: vscode.l10n.t(
      'Firmware for {0} (the application image for updates, .app-bin or .bin)',
      namesOf(boards),
    ),
    filters: { Firmware: ['bin', 'app-bin'] },
  });
  const [uri] = files ?? [];
  if (!uri) return undefined;
  const image = await vscode.workspace.fs.readFile(uri);
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
  return answer === write ? { uri, image } : undefined;
}
