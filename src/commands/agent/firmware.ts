import * as vscode from 'vscode';
import type { Board } from '../../core/board';
import { UsageError } from '../../core/errors';
import { updateFirmwareOn } from '../../core/many';
import { airBoardOf } from '../../views/broker';
import type { Needs } from '../../views/context';
import { showInformationMessage } from '../../views/message';
import { askFirmware } from './askRelease';
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
  context: Needs<'settings' | 'brokers' | 'history' | 'many' | 'packages'>,
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
  const firmware = await askFirmware(context, boards, call);
  if (!firmware) return;
  const { label, file, sha256 } = firmware;
  const action = { kind: 'updateFirmware', label, file, sha256 } as const;
  const there = await call.ask(() => withoutAway(context, action, boards));
  const [only, second] = there;
  if (!only) return;
  if (!second) {
    await updateFirmwareOn(airBoardOf(context, only), firmware, {
      signal: call.signal,
      older: true, // the user was asked
      onStep: (words) => call.report(words),
      onProgress: (done, total) => call.report(vscode.l10n.t('writing'), done, total),
    });
    void showInformationMessage(vscode.l10n.t('{0} runs the new firmware', only.name));
    return;
  }
  await call.ask(() =>
    updateInWaves(context, there, {
      title: vscode.l10n.t('Update the firmware'),
      update: (board, signal) =>
        updateFirmwareOn(airBoardOf(context, board), firmware, { signal, older: true }),
    }),
  );
}
