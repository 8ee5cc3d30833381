import * as vscode from 'vscode';
import { fullPlace } from '../../core/address';
import { delay, systemClock } from '../../core/async';
import type { Board, BoardInfo, Found } from '../../core/board';
import { asError, CancelledError, UsageError } from '../../core/errors';
import {
  enterBootloader,
  type Firmware,
  flashBoard,
  type FlashOutcome,
  flashStep,
  type FlashTarget,
  otherVersion,
  parseFirmware,
  touch,
} from '../../core/flash';
import type { Needs } from '../../views/context';
import { showInformationMessage, showWarningMessage } from '../../views/message';
import { askFirmware } from './ask';
import { askFlashTarget, type Chosen } from './target';
import { PortReturn } from './portReturn';
import { serialPorts } from './ports';
import { saveAllFiles } from '../files';
import type { Call } from '../types';

/** Milliseconds allowed for the first start, which creates the file system. */
export const FIRST_START_MS = 20_000;
const RETRY_MS = 500;
/** USB vendor id of Arm, which debug probes with DAPLink have. */
const ARM = '0d28';

/** `Flash Firmware…`: asks for port, firmware and whether to keep the files, then flashes and waits until the board answers. */
export async function flashFirmware(
  context: Needs<
    | 'log'
    | 'settings'
    | 'fleet'
    | 'uris'
    | 'tree'
    | 'flashPort'
    | 'newest'
    | 'packages'
    | 'portHints'
    | 'origins'
  >,
  call: Call,
): Promise<void> {
  const chosen = await askFlashTarget(context, call.args);
  if (!chosen) return;
  const data = await askFirmware(context, chosen, call);
  if (!data) return;
  const firmware = parseFirmware(data);
  const erase = firmware.kind === 'esp' ? await askErase(context, chosen.board, call) : false;
  if (erase === undefined) return;
  call.begin();
  // An open link occupies the port.
  await chosen.board?.disconnect();
  const ports = new PortReturn(context.fleet);
  try {
    const outcome = await flashBoard(firmware, await targetOf(context, chosen), {
      log: context.log,
      signal: call.signal,
      erase,
      onProgress: (progress) => call.report(flashStep(progress), progress.done, progress.total),
      onIdentity: ({ description }) => call.report(description),
    });
    if (firmware.kind === 'esp') await welcome(context, chosen, firmware, outcome, call);
    else await welcomeBack(context, chosen, firmware, outcome, ports, call);
  } finally {
    ports.dispose();
  }
}

/** Returns the port or drive of a board, and how to start its boot loader. */
export async function targetOf(
  context: Needs<'log' | 'flashPort'>,
  { board, found, drive }: Chosen,
): Promise<FlashTarget> {
  if (drive) return { drive };
  if (!board || !found) return {};
  const port = await context.flashPort(fullPlace(found.address), found.usb);
  return { port, enterLoader: (signal) => intoLoader(context, board, () => touch(port), signal) };
}

/**
 * Starts the boot loader through MicroPython if it answers, or else by opening the port at 1200
 * baud.
 */
async function intoLoader(
  context: Needs<'log'>,
  board: Board,
  touchPort: () => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  try {
    await board.connect({ signal, kind: 'serial' });
    await enterBootloader((work, options) => board.withSession(work, options), { signal });
    await board.disconnect();
  } catch (error) {
    if (error instanceof CancelledError) throw error;
    context.log.info(
      `${board.name} cannot enter its boot loader automatically: ${asError(error).message}`,
    );
    await board.disconnect();
    await touchPort();
  }
}

/** Asks whether to erase the whole chip, with an offer to save its files first; undefined: cancelled. */
async function askErase(
  context: Needs<'origins'>,
  board: Board | undefined,
  call: Call,
): Promise<boolean | undefined> {
  const hasFiles = board?.info?.implementation !== undefined;
  const keep = {
    label: vscode.l10n.t('Keep files and settings'),
    detail: vscode.l10n.t('Only the firmware is replaced.'),
    what: 'keep' as const,
  };
  const erase = {
    label: vscode.l10n.t('Erase everything first'),
    detail: vscode.l10n.t(
      'Files, Wi-Fi settings and calibration are deleted. Best for a chip from elsewhere.',
    ),
    what: 'erase' as const,
  };
  const save = {
    label: vscode.l10n.t('Save the files to a folder, then erase everything'),
    detail: vscode.l10n.t('The files of {0} are downloaded first.', board?.name ?? ''),
    what: 'save' as const,
  };
  const picked = await vscode.window.showQuickPick(hasFiles ? [keep, save, erase] : [keep, erase], {
    title: vscode.l10n.t('What should happen to the content of the chip?'),
    ignoreFocusOut: true,
  });
  if (!picked) return undefined;
  if (picked.what === 'save' && board) {
    const saved = await saveAllFiles(context, board, call);
    if (saved === undefined) return undefined;
    const go = vscode.l10n.t('Erase and Flash');
    const question = vscode.l10n.t(
      'The files of {0} are saved. Erase everything on the chip now?',
      board.name,
    );
    const answer = await call.ask(() =>
      showWarningMessage(question, { modal: true, detail: saved }, go),
    );
    if (answer !== go) return undefined;
  }
  return picked.what !== 'keep';
}

/** Waits for the first start of an ESP board and reports the result. */
async function welcome(
  context: Needs<'log'>,
  { board }: Chosen,
  firmware: Firmware,
  { esp }: FlashOutcome,
  call: Call,
): Promise<void> {
  if (!board) return;
  if (esp?.restarted === false) {
    void showInformationMessage(
      vscode.l10n.t('The firmware was written and verified. Press RESET on the board to start it.'),
    );
    await board.connect({ signal: call.signal, kind: 'serial' }); // only listens, to see the start
    return;
  }
  await tellVersion(context, () => board, firmware, call);
}

/** Waits until the board of a drive, or one that DFU has written, is a serial port again. */
async function welcomeBack(
  context: Needs<'log' | 'fleet'>,
  { board, found }: Chosen,
  firmware: Firmware,
  { drive }: FlashOutcome,
  ports: PortReturn,
  call: Call,
): Promise<void> {
  call.report(vscode.l10n.t('Waiting for the board'));
  // A debug probe keeps its port while it programs the chip.
  const isProbe = drive?.kind === 'dapLink';
  const back = isProbe ? (found ?? probePort(context)) : await ports.port(call.signal);
  if (!back && isProbe) {
    void showInformationMessage(vscode.l10n.t('{0} has flashed the board', drive.name));
    return;
  }
  if (!back) {
    void showWarningMessage(
      vscode.l10n.t(
        '{0} accepted the firmware, but no serial port appeared. Unplug the board and plug it in again.',
        drive?.name ?? board?.name ?? '',
      ),
    );
    return;
  }
  await tellVersion(context, () => boardAt(context, back), firmware, call);
}

/** Returns the port of the only debug probe. Its drive does not say which port it belongs to. */
function probePort({ fleet }: Needs<'fleet'>): Found | undefined {
  const probes = serialPorts(fleet).filter(({ usb }) => usb?.vendorId.toLowerCase() === ARM);
  return probes.length === 1 ? probes[0] : undefined;
}

/** Returns the board at a port. @throws UsageError if the port has disappeared again */
function boardAt({ fleet }: Needs<'fleet'>, { address }: Found): Board {
  const board = fleet.byAddress(address);
  if (board) return board;
  throw new UsageError(vscode.l10n.t('{0} was unplugged', address.text));
}

/** Reports the version that the board says it runs. */
async function tellVersion(
  context: Needs<'log'>,
  boardOf: () => Board,
  firmware: Firmware,
  call: Call,
): Promise<void> {
  call.report(vscode.l10n.t('Waiting for the first start'));
  const info = await firstAnswer(boardOf, call.signal);
  const { name } = boardOf();
  if (info instanceof Error) {
    context.log.warn(`${name} after flashing: ${info.message}`);
    void showWarningMessage(
      vscode.l10n.t(
        'The firmware was written and verified, but {0} does not answer as MicroPython yet. Press RESET, or flash again and erase everything first.',
        name,
      ),
    );
    return;
  }
  const runs = info.version;
  const wanted = otherVersion(firmware, runs);
  if (wanted !== undefined) {
    void showWarningMessage(
      vscode.l10n.t(
        '{0} runs MicroPython {1}, but the firmware file is {2}. Is this the board that was flashed?',
        name,
        runs,
        wanted,
      ),
    );
    return;
  }
  const python = info.implementation === 'circuitpython' ? 'CircuitPython' : 'MicroPython';
  void showInformationMessage(vscode.l10n.t('{0} runs {1} {2}', name, python, runs));
}

/**
 * Reconnects until the board describes itself. The port may now have another board, whose row in the tree is a different one.
 * Returns the last error if no board describes itself in time, or the first one that `givesUp` accepts.
 */
export async function firstAnswer(
  boardOf: () => Board,
  signal: AbortSignal,
  limitMs = FIRST_START_MS,
  givesUp: (error: Error) => boolean = () => false,
): Promise<BoardInfo | Error> {
  const end = performance.now() + limitMs;
  for (;;) {
    try {
      await boardOf().connect({ signal, kind: 'serial' });
      return await boardOf().refreshInfo({ signal });
    } catch (error) {
      if (error instanceof CancelledError) throw error;
      const failure = asError(error);
      if (performance.now() > end || givesUp(failure)) return failure;
    }
    await delay(systemClock, RETRY_MS, signal);
  }
}
