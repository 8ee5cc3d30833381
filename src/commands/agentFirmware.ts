import * as vscode from 'vscode';
import { abortable, Deferred, systemClock } from '../core/async';
import type { Board } from '../core/board/board';
import type { Broker } from '../core/broker/brokers';
import { UsageError } from '../core/errors';
import { DisposableStore } from '../core/events';
import { agentOf } from '../views/broker/agentOf';
import type { ViewContext } from '../views/context';
import type { Call, Command } from './types';

/** Time for new firmware to confirm itself: three round trips through the broker over a minute, and a slow start. */
const CONFIRM_MS = 5 * 60_000;

/** New firmware over the air, for boards whose flash has room for a second one. */
export const firmwareCommands: readonly Command[] = [
  {
    id: 'updateFirmware',
    needs: 'board',
    which: 'present',
    progress: {
      where: 'notification',
      title: (names) => vscode.l10n.t('Updating the firmware of {0}', names),
    },
    run: updateFirmware,
  },
];

async function updateFirmware(context: ViewContext, board: Board, call: Call): Promise<void> {
  const t = vscode.l10n.t;
  const { control, broker, uid } = agentOf(context, board);
  if (!control.birth?.caps.has('ota')) {
    throw new UsageError(t('{0} cannot take new firmware over the air', board.name), {
      hint: t('That needs an ESP32 whose flash is divided for two firmwares. Use the cable.'),
    });
  }
  const slots = await control.firmware(call.signal);
  const file = await askImage(board, slots.size);
  if (!file) return;
  await control.writeFirmware(file, {
    signal: call.signal,
    onProgress: (done, total) => call.report(t('writing'), done, total),
  });
  call.report(t('restarting with the new firmware'));
  const outcome = verdict(broker, uid, call.signal);
  outcome.catch(() => undefined); // it is awaited below; the restart may fail first
  await control.restart({ mode: 'hard' }, call.signal);
  call.report(t('waiting until it confirms itself'));
  tell(board, await outcome);
}

/** Asks for an image that fits, and whether it shall really be written. */
async function askImage(board: Board, room: number): Promise<Uint8Array | undefined> {
  const t = vscode.l10n.t;
  const files = await vscode.window.showOpenDialog({
    title: t('Firmware for {0} (the application image for updates, .app-bin or .bin)', board.name),
    filters: { Firmware: ['bin', 'app-bin'] },
  });
  if (!files?.[0]) return undefined;
  const image = await vscode.workspace.fs.readFile(files[0]);
  if (image.length > room) {
    throw new UsageError(
      t('The image has {0} bytes, the board has room for {1}', image.length, room),
      { hint: t('Take the image for updates, not the one that also holds the boot loader.') },
    );
  }
  const write = t('Update');
  const answer = await vscode.window.showWarningMessage(
    t('Write new firmware to {0}?', board.name),
    {
      modal: true,
      detail: t('The old one is kept: if the new one does not reach the broker, it comes back.'),
    },
    write,
  );
  return answer === write ? image : undefined;
}

type Verdict = 'confirmed' | 'rolledback' | 'unknown';

/** What the board says of its new firmware. */
async function verdict(broker: Broker, uid: string, signal: AbortSignal): Promise<Verdict> {
  const said = new Deferred<Verdict>();
  const store = new DisposableStore();
  store.add(
    broker.onMessage(({ uid: who, topic, data }) => {
      if (who !== uid || topic !== 'ev' || data.ev !== 'ota') return;
      if (data.state === 'confirmed' || data.state === 'rolledback') said.resolve(data.state);
    }),
  );
  store.add(systemClock.after(CONFIRM_MS, () => said.resolve('unknown')));
  try {
    return await abortable(said.promise, signal);
  } finally {
    store.dispose();
  }
}

function tell(board: Board, how: Verdict): void {
  const t = vscode.l10n.t;
  if (how === 'confirmed') {
    void vscode.window.showInformationMessage(t('{0} runs the new firmware', board.name));
  } else if (how === 'rolledback') {
    void vscode.window.showWarningMessage(
      t('{0} went back to the old firmware: the new one did not work', board.name),
    );
  } else {
    void vscode.window.showWarningMessage(
      t('{0} has not said yet how the new firmware works. Its log tells.', board.name),
    );
  }
}
