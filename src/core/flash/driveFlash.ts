import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import * as l10n from '@vscode/l10n';
import { abortable, delay, throwIfAborted, type Clock } from '../async';
import { asError } from '../errors';
import { FlashError } from './errors';
import { chipOfDrive } from './driveChip';
import { findDrives, isThere, readBounded, type LoaderDrive } from './drives';
import type { FlashProgress } from './espFlash';
import type { HexFirmware } from './hexFile';
import { familyName, type Uf2Firmware } from './uf2';

/** Services for copying firmware to a drive. */
export interface DriveOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: FlashProgress) => void;
  /** Finds the drives. Default: the system's drives. */
  readonly find?: () => Promise<LoaderDrive[]>;
}

const CHUNK = 64 * 1024;
const LOOK_MS = 250;
/**
 * Milliseconds for a loader to appear as a drive: a few seconds after the reset, more on a slow
 * computer.
 */
const APPEARS_MS = 30_000;
/**
 * Milliseconds for a loader to remove its drive after the last block. A debug probe programs the
 * chip first.
 */
const GONE_MS = 60_000;

/**
 * Waits for a drive of this kind, other than `before`.
 * @throws FlashError ('notReady')
 */
export async function waitForDrive(
  kind: LoaderDrive['kind'],
  before: readonly LoaderDrive[],
  options: DriveOptions,
): Promise<LoaderDrive> {
  const find = options.find ?? findDrives;
  const known = new Set(before.map(({ path, info }) => `${path}\0${info}`));
  const found = await until(options, APPEARS_MS, async () => {
    const drives = await find();
    return drives.find((d) => d.kind === kind && !known.has(`${d.path}\0${d.info}`));
  });
  if (found) return found;
  throw new FlashError('notReady', l10n.t('The drive of the board did not appear'), {
    hint: l10n.t(
      'Hold its BOOT or BOOTSEL button while you plug it in (boards with a RESET button: press that twice). If the drive exists but is not mounted, open it in the file manager.',
    ),
  });
}

/**
 * Checks that firmware is for the chip of the drive.
 * @throws FlashError ('wrongChip') when the file is for another chip than the drive's
 */
export function refuseWrongFamily(firmware: Uf2Firmware, drive: LoaderDrive): void {
  const chip = chipOfDrive(drive);
  const families = firmware.families.map(familyName);
  if (chip === undefined || families.length === 0 || families.includes(chip)) return;
  throw new FlashError(
    'wrongChip',
    l10n.t('This firmware is for the {0}, but the chip is an {1}', families.join(', '), chip),
    {
      hint: l10n.t('Choose firmware for the {0}. Nothing was changed.', chip),
    },
  );
}

/**
 * Copies UF2 firmware to a loader's drive and waits until the loader removes the drive, which it
 * does after the last block.
 * @throws FlashError, CancelledError
 */
export async function flashUf2(
  firmware: Uf2Firmware,
  drive: LoaderDrive,
  options: DriveOptions,
): Promise<void> {
  refuseWrongFamily(firmware, drive);
  await copy(firmware.data, join(drive.path, 'firmware.uf2'), drive, options);
  options.onProgress?.(progress('verify', firmware.data));
  const gone = await until(options, GONE_MS, async () => !(await isThere(drive)) || undefined);
  if (gone) return;
  throw new FlashError(
    'refused',
    l10n.t('The loader {0} did not accept the firmware', drive.name),
    {
      hint: l10n.t(
        'Check that the file is for exactly this board. Unplug the board, and flash again.',
      ),
      state: 'unbootable',
    },
  );
}

/**
 * Copies a .hex file to a debug probe's drive, which programs the chip and reappears. It reports
 * failures in FAIL.TXT. https://github.com/ARMmbed/DAPLink/blob/main/docs/MSD_COMMANDS.md
 * @throws FlashError, CancelledError
 */
export async function flashDapLink(
  firmware: HexFirmware,
  drive: LoaderDrive,
  options: DriveOptions,
): Promise<void> {
  const failure = join(drive.path, 'FAIL.TXT');
  await copy(firmware.data, join(drive.path, 'firmware.hex'), drive, options);
  options.onProgress?.(progress('verify', firmware.data));
  await until(options, GONE_MS, async () => !(await isThere(drive)) || undefined);
  const back = await until(options, APPEARS_MS, async () => (await isThere(drive)) || undefined);
  if (!back) {
    throw new FlashError('notReady', l10n.t('The drive of the board did not come back'), {
      hint: l10n.t(
        'Unplug the board, plug it in again, and look for a file FAIL.TXT on its drive.',
      ),
      state: 'unknown',
    });
  }
  const said = await readBounded(failure);
  if (said === undefined) return;
  throw new FlashError('refused', l10n.t('The board rejects the firmware: {0}', oneLine(said)), {
    hint: l10n.t(
      'Check that the file is for exactly this board (micro:bit V1 or V2), and flash again.',
    ),
    state: 'unbootable',
  });
}

async function copy(
  data: Uint8Array,
  path: string,
  drive: LoaderDrive,
  options: DriveOptions,
): Promise<void> {
  let file: FileHandle | undefined;
  let done = 0;
  try {
    file = await open(path, 'w');
    for (; done < data.length; done += CHUNK) {
      throwIfAborted(options.signal);
      options.onProgress?.({ step: 'write', done, total: data.length });
      await abortable(file.write(data.subarray(done, done + CHUNK)), options.signal);
    }
    await file.sync();
    await file.close();
  } catch (error) {
    await file?.close().catch(() => undefined); // the drive and the file no longer exist
    if (options.signal.aborted) throw error;
    // Loaders reboot with the last block, before the system has closed the file.
    if (done >= data.length && !(await isThere(drive))) return;
    const code = (error as NodeJS.ErrnoException).code;
    const readOnly = code === 'EROFS' || code === 'EACCES' || code === 'EPERM';
    throw new FlashError(
      readOnly ? 'refused' : 'lost',
      readOnly
        ? l10n.t('Nothing can be written to the drive {0}', drive.path)
        : l10n.t('The drive {0} disappeared while the firmware was being written', drive.path),
      {
        hint: l10n.t('Unplug the board, bring it into its loader again, and flash once more.'),
        state: readOnly ? 'untouched' : 'unbootable',
        cause: asError(error),
      },
    );
  }
}

/** Asks repeatedly until there is an answer; undefined after `ms` milliseconds. */
async function until<T>(
  { clock, signal }: DriveOptions,
  ms: number,
  ask: () => Promise<T | undefined>,
): Promise<T | undefined> {
  const end = clock.now() + ms;
  for (;;) {
    throwIfAborted(signal);
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (clock.now() >= end) return undefined;
    await delay(clock, LOOK_MS, signal);
  }
}

function progress(step: FlashProgress['step'], { length }: Uint8Array): FlashProgress {
  return { step, done: length, total: length };
}

function oneLine(text: string): string {
  return text
    .replace(/[^\x20-\x7e]+/g, ' ')
    .trim()
    .slice(0, 200);
}
