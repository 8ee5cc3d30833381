import * as l10n from '@vscode/l10n';
import { systemClock, type Clock } from '../async';
import { UsageError } from '../errors';
import { findDrives, type LoaderDrive } from './drives';
import type { EspFlashOptions, EspFlashResult } from './espFlash';
import type { Firmware } from './image';
import type { FlashPort } from './port';

/** A target for firmware. The kind of firmware determines which parts are used. */
export interface FlashTarget {
  /** The serial port of an ESP board, or of a board that can be sent into its loader. */
  readonly port?: FlashPort;
  /** Sends the board into a loader that shows a drive or DFU. */
  readonly enterLoader?: (signal: AbortSignal) => Promise<void>;
  /** The drive, if the user has chosen it. */
  readonly drive?: LoaderDrive;
}

/** How a board with any loader is flashed. Only ESP chips have a speed and an identity. */
export interface FlashBoardOptions extends EspFlashOptions {
  readonly clock?: Clock;
  readonly findDrives?: () => Promise<LoaderDrive[]>;
}

/** Result of flashing. */
export interface FlashOutcome {
  /** Only for an ESP chip. */
  readonly esp?: EspFlashResult;
  /** Only for a loader's drive. */
  readonly drive?: LoaderDrive;
}

/** Milliseconds until a board that leaves MicroPython for its DFU loader is a USB device again. */
const DFU_APPEARS_MS = 15_000;

/**
 * Writes firmware of any kind to its board.
 * @throws FlashError with the state of the chip, ConnectError, UsageError, CancelledError
 */
export async function flashBoard(
  firmware: Firmware,
  target: FlashTarget,
  options: FlashBoardOptions,
): Promise<FlashOutcome> {
  switch (firmware.kind) {
    case 'esp': {
      if (!target.port) {
        throw new UsageError(
          l10n.t('Which board? Firmware for ESP chips is written through a serial port'),
          {
            hint: l10n.t('Plug the board in and choose its port.'),
          },
        );
      }
      const { flashEsp } = await import('./espFlash'); // esptool-js is big
      return { esp: await flashEsp(target.port, firmware, options) };
    }
    case 'uf2': {
      refuseErase(options);
      const { flashUf2 } = await import('./driveFlash');
      const drive = await driveFor('uf2', target, options);
      await flashUf2(firmware, drive, driveOptions(options));
      return { drive };
    }
    case 'hex': {
      refuseErase(options);
      const { flashDapLink } = await import('./driveFlash');
      const drive = await driveFor('dapLink', target, options);
      await flashDapLink(firmware, drive, driveOptions(options));
      return { drive };
    }
    case 'dfu': {
      refuseErase(options);
      const { flashDfu, requireDfuUtil } = await import('./dfu');
      await requireDfuUtil(options.signal);
      await target.enterLoader?.(options.signal);
      await flashDfu(firmware, { ...options, waitMs: target.enterLoader ? DFU_APPEARS_MS : 0 });
      return {};
    }
  }
}

async function driveFor(
  kind: LoaderDrive['kind'],
  target: FlashTarget,
  options: FlashBoardOptions,
): Promise<LoaderDrive> {
  if (target.drive) return target.drive;
  const drives = (await (options.findDrives ?? findDrives)()).filter((d) => d.kind === kind);
  const [first, ...others] = drives;
  if (first && !(kind === 'uf2' && target.enterLoader)) {
    if (others.length === 0) return first;
    throw new UsageError(
      l10n.t('Several boards are in their loader: {0}', drives.map((d) => d.path).join(', ')),
      {
        hint: l10n.t('Unplug all except the one to flash.'),
      },
    );
  }
  options.onProgress?.({ step: 'connect', done: 0, total: 0 });
  await target.enterLoader?.(options.signal);
  const { waitForDrive } = await import('./driveFlash');
  return waitForDrive(kind, drives, driveOptions(options));
}

function driveOptions({
  signal,
  onProgress,
  clock = systemClock,
  findDrives: find,
}: FlashBoardOptions) {
  return { signal, clock, ...(onProgress ? { onProgress } : {}), ...(find ? { find } : {}) };
}

function refuseErase({ erase }: FlashBoardOptions): void {
  if (!erase) return;
  throw new UsageError(l10n.t('Only ESP chips can be erased before they are flashed'), {
    hint: l10n.t(
      "Flash without erasing. To erase an RP2040 or RP2350, flash its maker's flash_nuke.uf2 first.",
    ),
  });
}
