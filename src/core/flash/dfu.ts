import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as l10n from '@vscode/l10n';
import { abortError, delay, systemClock, type Clock } from '../async';
import type { FlashProgress } from './espFlash';
import { FlashError } from './errors';
import type { DfuFirmware } from './image';
import { numbered } from './makerAnswer';
import { stm32Steps } from './makerSteps';
import { inTemporaryFolder } from './temporary';

const LAST_WORDS = 1000;
const LOOK_MS = 500;
const DFU_UTIL = 'dfu-util';
/** Message of dfu-util 0.11 if there is no device. */
const NONE = /No DFU capable USB device/i;

/**
 * Checks that dfu-util can be started. To be called before a board is sent into its loader, which it does not leave on its own.
 * @throws FlashError ('noTool' with the steps to do by hand), CancelledError
 */
export async function requireDfuUtil(signal: AbortSignal, program = DFU_UTIL): Promise<void> {
  await run(program, ['--version'], signal, () => undefined);
}

/**
 * Writes a .dfu file to an STM32 board in its DFU loader, with the system's dfu-util.
 * @throws FlashError ('noTool' with the steps to do by hand), CancelledError
 */
export async function flashDfu(
  firmware: DfuFirmware,
  options: {
    readonly signal: AbortSignal;
    readonly onProgress?: (progress: FlashProgress) => void;
    readonly program?: string;
    /** Milliseconds allowed for the loader to appear. The board is just being sent into it. */
    readonly waitMs?: number;
    readonly clock?: Clock;
  },
): Promise<void> {
  const clock = options.clock ?? systemClock;
  const end = clock.now() + (options.waitMs ?? 0);
  const total = firmware.data.length;
  await inTemporaryFolder(async (folder) => {
    const file = join(folder, 'firmware.dfu');
    await writeFile(file, firmware.data);
    const attempt = () =>
      run(options.program ?? DFU_UTIL, ['-a', '0', '-D', file], options.signal, (percent) =>
        options.onProgress?.({ step: 'write', done: Math.floor((total * percent) / 100), total }),
      );
    let said = await attempt();
    while (NONE.test(said.text) && clock.now() < end) {
      await delay(clock, LOOK_MS, options.signal);
      said = await attempt();
    }
    if (said.status === 0) return;
    if (NONE.test(said.text)) {
      throw new FlashError('notReady', l10n.t('No board in its DFU loader was found'), {
        hint: l10n.t(
          'Hold the BOOT0 button (or connect BOOT0 to 3.3 V, on a pyboard DFU to 3.3 V) while you plug the board in.',
        ),
      });
    }
    const rights = /Cannot open DFU device|LIBUSB_ERROR_ACCESS/i.test(said.text);
    throw new FlashError(
      'other',
      l10n.t('dfu-util could not write the firmware (status {0})', String(said.status)),
      {
        hint: rights
          ? l10n.t(
              'You may not use the USB device. Linux: add a udev rule for 0483:df11. Windows: install the WinUSB driver with Zadig.',
            )
          : said.text.slice(-LAST_WORDS),
        state: rights ? 'untouched' : 'unbootable',
      },
    );
  });
}

function run(
  program: string,
  args: readonly string[],
  signal: AbortSignal,
  onPercent: (percent: number) => void,
): Promise<{ status: number | null; text: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], signal });
    let text = '';
    const hear = (chunk: Buffer) => {
      text = (text + chunk.toString('latin1')).slice(-8 * LAST_WORDS);
      const percent = [...text.matchAll(/(\d{1,3})%/g)].at(-1)?.[1];
      if (percent !== undefined) onPercent(Math.min(100, Number(percent)));
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.on('error', (error: NodeJS.ErrnoException) => {
      if (signal.aborted) reject(abortError(signal));
      else if (error.code === 'ENOENT') reject(noTool());
      else reject(error);
    });
    child.on('close', (status) => resolve({ status, text }));
  });
}

function noTool(): FlashError {
  return new FlashError(
    'noTool',
    l10n.t('Firmware for STM32 boards is written by dfu-util, which is not installed'),
    {
      hint: numbered(stm32Steps()),
    },
  );
}
