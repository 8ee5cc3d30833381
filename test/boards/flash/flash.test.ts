// Flashing ESP chips, against the stand-in that test/boards/flash/esp.test.ts proves with Debian's esptool.
import { describe, expect, onTestFinished, test } from 'vitest';
import { FlashError } from '../../../src/core/flash';
import {
  flashEsp,
  segmentsOf,
  type EspFlashOptions,
  type FlashProgress,
} from '../../../src/core/flash/espFlash';
import { parseEspFirmware } from '../../../src/core/flash/espImage';
import { silentLog } from '../../../src/core/log';
import { serialFlashPort } from '../../../src/transports/serial/flashPort';
import { espChips, type EspChip } from '../../lab/espImage.mjs';
import { espFirmware, startEsp, startSerlink } from '../../lab/index.mjs';

type Esp = Awaited<ReturnType<typeof startEsp>>;

async function started(options: Parameters<typeof startEsp>[0]): Promise<Esp> {
  const board = await startEsp(options);
  onTestFinished(() => board.stop());
  return board;
}

async function cableTo(esp: Esp) {
  const cable = await startSerlink({ to: esp.tty });
  onTestFinished(() => cable.stop());
  return cable;
}

function flash(tty: string, file: Buffer, options: Partial<EspFlashOptions> = {}) {
  const signal = new AbortController().signal;
  const port = serialFlashPort(tty, undefined, silentLog);
  return flashEsp(port, parseEspFirmware(file), { log: silentLog, signal, ...options });
}

/** Returns whether the flash holds exactly the file at its place. */
function holds(esp: Esp, chip: EspChip, file: Buffer): boolean {
  const { bootOffset } = espChips[chip];
  return esp
    .flash()
    .subarray(bootOffset, bootOffset + file.length)
    .equals(file);
}

async function failure(work: Promise<unknown>): Promise<FlashError> {
  const error = await work.then(
    () => new Error('it did not fail'),
    (thrown: unknown) => thrown,
  );
  if (error instanceof FlashError) return error;
  throw error;
}

describe.each(Object.keys(espChips) as EspChip[])('an %s', (chip) => {
  test('is recognised, flashed, verified, and starts', async () => {
    const esp = await started({ chip, mac: '240ac4000102' });
    const file = espFirmware({ chip, size: 700_001 * 1 - 1 });
    const seen: FlashProgress[] = [];
    const result = await flash(esp.tty, file, { onProgress: (progress) => seen.push(progress) });
    expect(result.identity).toMatchObject({ mac: '240ac4000102', flashSize: 4 * 1024 * 1024 });
    expect(holds(esp, chip, file)).toBe(true);
    expect(result).toMatchObject({ baud: 921_600, restarted: false });
    const steps = [...new Set(seen.map(({ step }) => step))];
    expect(steps).toEqual(['connect', 'write', 'verify', 'restart']);
    const done = seen.map((progress) => progress.done);
    expect(done).toEqual([...done].sort((a, b) => a - b));
    await esp.reset('program');
    expect((await esp.state()).mode).toBe('program');
  });
});

test('identical content is not written again', async () => {
  const esp = await started({ chip: 'esp32s3' });
  const file = espFirmware({ chip: 'esp32s3' });
  await flash(esp.tty, file);
  await esp.reset('loader');
  expect((await flash(esp.tty, file)).written).toBe(0);
  // Each of its pieces was compared once.
  const { head, rest } = segmentsOf(parseEspFirmware(file));
  expect((await esp.state()).counts['13']).toBe([head, ...rest].length);
  await esp.reset('loader');
  const next = espFirmware({ chip: 'esp32s3', seed: 5 });
  expect((await flash(esp.tty, next)).written).toBeGreaterThan(300_000);
  expect(holds(esp, 'esp32s3', next)).toBe(true);
});

test('files and settings stay, unless the chip is erased', async () => {
  const esp = await started({ chip: 'esp32', firmware: Buffer.from('kept'), firmwareAt: 0x200000 });
  const file = espFirmware({ chip: 'esp32' });
  await flash(esp.tty, file);
  expect(esp.flash().toString('latin1', 0x200000, 0x200004)).toBe('kept');
  await esp.reset('loader');
  await flash(esp.tty, file, { erase: true });
  expect(esp.flash().readUInt32LE(0x200000)).toBe(0xffffffff);
  expect(holds(esp, 'esp32', file)).toBe(true);
});

test('firmware for another chip is refused before anything is erased', async () => {
  const old = espFirmware({ chip: 'esp32s3' });
  const esp = await started({ chip: 'esp32s3', firmware: old });
  const error = await failure(flash(esp.tty, espFirmware({ chip: 'esp32c3' }), { erase: true }));
  expect(error).toMatchObject({ reason: 'wrongChip', state: 'untouched' });
  expect(holds(esp, 'esp32s3', old)).toBe(true);
});

test('a chip with too little flash is refused before anything is erased', async () => {
  const esp = await started({ chip: 'esp32s3', mib: 1 });
  const error = await failure(flash(esp.tty, espFirmware({ chip: 'esp32s3' })));
  expect(error).toMatchObject({ reason: 'tooBig', state: 'untouched' });
  expect(error.message).toContain('needs 4.0 MiB of flash, but the chip has 1.0 MiB');
});

test('for a board that runs its program, the error says how to enter its loader', async () => {
  const esp = await started({ chip: 'esp32', start: 'program' });
  const error = await failure(flash(esp.tty, espFirmware({ chip: 'esp32' })));
  expect(error).toMatchObject({ reason: 'notInLoader', state: 'untouched' });
  expect(error.hint).toContain('Hold the BOOT button');
});

test('a power failure while it is erased is reported, with the next step', async () => {
  const esp = await started({ chip: 'esp32s3', brownout: 1 });
  const error = await failure(flash(esp.tty, espFirmware({ chip: 'esp32s3' }), { erase: true }));
  expect(error).toMatchObject({ reason: 'brownout', state: 'unbootable' });
  expect(error.hint).toContain('short, thick USB cable');
});

test('a power failure while it is written is reported, and flashing again repairs it', async () => {
  const esp = await started({ chip: 'esp32s3', brownout: 6 });
  const file = espFirmware({ chip: 'esp32s3' });
  const error = await failure(flash(esp.tty, file));
  expect(error).toMatchObject({ reason: 'brownout', state: 'unbootable' });
  expect((await esp.state()).mode).toBe('blank');
  await esp.reset('loader');
  await flash(esp.tty, file);
  expect(holds(esp, 'esp32s3', file)).toBe(true);
});

test('cancelling stops immediately and names the state of the chip', async () => {
  const esp = await started({ chip: 'esp32s3' });
  const file = espFirmware({ chip: 'esp32s3' });
  const cancel = new AbortController();
  const error = await failure(
    flash(esp.tty, file, {
      signal: cancel.signal,
      onProgress: ({ done }) => {
        if (done > 50_000) cancel.abort();
      },
    }),
  );
  expect(error).toMatchObject({ message: 'Flashing was cancelled', state: 'unbootable' });
  expect(error.hint).toContain('does not start until firmware has been written');
  await esp.reset('loader');
  await flash(esp.tty, file);
  expect(holds(esp, 'esp32s3', file)).toBe(true);
});

describe('a bad line', () => {
  const chip = 'esp32s3';
  const file = espFirmware({ chip, size: 300_000 });

  test.each([
    ['a flipped byte to the chip', 'toBoard', 'flip', 120_000],
    ['a flipped byte from the chip', 'toHost', 'flip', 700],
    ['a lost byte to the chip', 'toBoard', 'drop', 90_000],
    ['a lost byte from the chip', 'toHost', 'drop', 640],
    ['a doubled byte to the chip', 'toBoard', 'dup', 60_000],
  ] as const)('with %s is overcome', async (_, dir, kind, at) => {
    const esp = await started({ chip });
    const cable = await cableTo(esp);
    await cable.fault({ dir, kind, at });
    await flash(cable.tty, file);
    expect(holds(esp, chip, file)).toBe(true);
  });

  test.each([0.02, 0.3, 0.6, 0.98])(
    'unplugged after %f of the file, the chip starts nothing, and flashing again repairs it',
    async (share) => {
      const old = espFirmware({ chip, size: 300_000, seed: 9 });
      const esp = await started({ chip, firmware: old });
      const cable = await cableTo(esp);
      let armed = false;
      const error = await failure(
        flash(cable.tty, file, {
          onProgress: ({ step, done, total }) => {
            if (armed || step !== 'write' || done < total * share) return;
            armed = true;
            void cable.unplug();
          },
        }),
      );
      expect(error).toMatchObject({ reason: 'lost', state: 'unbootable' });
      await esp.reset('program');
      expect((await esp.state()).mode).toBe('blank');
      await esp.reset('loader');
      await cable.replug();
      await flash(cable.tty, file);
      expect(holds(esp, chip, file)).toBe(true);
    },
  );

  test('unplugged before anything is written, the chip is unchanged', async () => {
    const old = espFirmware({ chip, seed: 9 });
    const esp = await started({ chip, firmware: old });
    const cable = await cableTo(esp);
    const error = await failure(flash(cable.tty, file, { onIdentity: () => cable.unplug() }));
    expect(error).toMatchObject({ reason: 'lost', state: 'untouched' });
    expect(holds(esp, chip, old)).toBe(true);
  });

  test.each(['Connecting', 'Detecting chip type', 'Uploading stub', 'Stub running'])(
    'unplugged at "%s", the error says so',
    async (line) => {
      const esp = await started({ chip });
      const cable = await cableTo(esp);
      let pulled: Promise<unknown> | undefined;
      const log = {
        ...silentLog,
        debug: (text: string) => {
          if (text.includes(line)) pulled ??= cable.unplug();
        },
      };
      const error = await failure(flash(cable.tty, file, { log }));
      await pulled;
      expect(error).toMatchObject({ reason: 'lost', state: 'untouched' });
      expect(error.message).toContain('was unplugged');
    },
  );
});
