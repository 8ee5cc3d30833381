// `mpyfleet flash`: chips over their ports, drives of loaders, names of the catalogue.
import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import {
  espFirmware,
  startDrive,
  startEsp,
  startFirmwareSite,
  tempDir,
  uf2File,
} from '../../lab/index.mjs';
import { silentLog } from '../../../src/core/log';
import { serialFlashPort } from '../../../src/transports/serial/flashPort';
import { BuiltCli } from '../rig/cliRig';

let cli: BuiltCli;
let site: Awaited<ReturnType<typeof startFirmwareSite>>;
const s3 = espFirmware({ chip: 'esp32s3', version: 'v1.25.0' });

beforeAll(async () => {
  cli = await BuiltCli.build();
  site = await startFirmwareSite({
    ESP32_GENERIC_S3: {
      product: 'ESP32-S3',
      vendor: 'Espressif',
      files: { 'ESP32_GENERIC_S3-20250415-v1.25.0.bin': s3 },
    },
    EK_RA6M2: {
      ...{ product: 'EK-RA6M2', vendor: 'Renesas', port: 'renesas-ra' },
      files: { 'EK_RA6M2-20250415-v1.25.0.hex': Buffer.from(':00000001FF\r\n') },
    },
  });
});
afterAll(() => site.stop());

async function started(options: Parameters<typeof startEsp>[0]) {
  const board = await startEsp(options);
  onTestFinished(() => board.stop());
  return board;
}

/** A file in a folder of its own. */
function file(name: string, content: Buffer): string {
  const path = join(mkdtempSync(join(tempDir('firmware'), 'x')), name);
  writeFileSync(path, content);
  return path;
}

test('a blank chip is flashed by a name of the catalogue, without a key press', async () => {
  const board = await started({ chip: 'esp32s3', circuit: 'classic', start: 'program' });
  expect((await board.state()).mode).toBe('blank');
  const env = { ...board.env, MPYFLEET_FIRMWARE: site.url } as Record<string, string>;
  const ran = await cli.run(['flash', board.tty, 'ESP32_GENERIC_S3'], { env });
  expect(ran.err).toContain('ESP32_GENERIC_S3 v1.25.0: MicroPython v1.25.0 for the ESP32-S3');
  expect(ran.out).toContain(`ESP32-S3 (QFN56) (revision v0.2), ${board.mac}`);
  expect(ran.out).toMatch(/Wrote and verified \d+ bytes at 921600 baud/);
  expect(ran.out).toContain('The board runs micropython 1.25.0');
  expect(ran.status).toBe(0);
  expect((await board.state()).mode).toBe('program');
});

test('with a limit for the speed, and JSON for scripts', async () => {
  const old = espFirmware({ chip: 'esp32c3', seed: 3 });
  const board = await started({
    chip: 'esp32c3',
    circuit: 'classic',
    start: 'program',
    firmware: old,
  });
  const path = file('new.bin', espFirmware({ chip: 'esp32c3', seed: 4 }));
  const env = board.env as Record<string, string>;
  const ran = await cli.run(['flash', '-b', board.tty, path, '--json', '--baud', '460800'], {
    env,
  });
  const [result] = JSON.parse(ran.out) as {
    value: { uid: string; version: string; baud: number };
  }[];
  expect(result?.value).toMatchObject({ version: '1.25.0', baud: 460_800 });
});

test('a board with a slow bridge is flashed at the speed that it supports', async () => {
  const board = await started({ chip: 'esp32', circuit: 'classic', mostBaud: 460_800 });
  const path = file('f.bin', espFirmware({ chip: 'esp32', size: 100_000 }));
  const ran = await cli.run(['flash', board.tty, path], {
    env: board.env as Record<string, string>,
  });
  expect(ran.out).toMatch(/Wrote and verified \d+ bytes at 460800 baud/);
});

test('firmware for another chip is refused with its reason', async () => {
  const board = await started({ chip: 'esp32c3', circuit: 'classic' });
  const ran = await cli.run(['flash', board.tty, file('s3.bin', s3)], {
    env: board.env as Record<string, string>,
  });
  expect(ran.status).toBe(2);
  expect(ran.err + ran.out).toContain(
    'This firmware is for the ESP32-S3, but the chip is an ESP32-C3',
  );
});

test('a chip whose flashing is cancelled before it is changed runs its program again', async () => {
  const program = {
    start: 'program',
    firmware: espFirmware({ chip: 'esp32s3', seed: 3 }),
  } as const;
  const board = await started({ chip: 'esp32s3', circuit: 'classic', ...program });
  const ran = await cli.run(['flash', board.tty, file('s3.bin', s3)], {
    env: board.env as Record<string, string>,
    onOut: (soFar, kill) => {
      if (soFar.includes(board.mac)) kill('SIGINT');
    },
  });
  expect(ran.status).not.toBe(0);
  // Where the signal came too late, the error says that the chip starts nothing.
  const mode = ran.err.includes('does not start') ? 'blank' : 'program';
  expect((await board.state()).mode).toBe(mode);
});

test('a port that another program uses, or that was unplugged, is named as that', async () => {
  const board = await started({ chip: 'esp32s3' });
  const port = serialFlashPort(board.tty, undefined, silentLog);
  await port.open(115_200);
  onTestFinished(() => port.close());
  const path = file('s3.bin', s3);
  const busy = await cli.run(['flash', board.tty, path]);
  expect(busy.err).toContain(`Another program is using ${board.tty}`);
  expect(busy.status).toBe(2);
  const gone = await cli.run(['flash', `${board.tty}-gone`, path]);
  expect(gone.err).toContain(`Port ${board.tty}-gone does not exist`);
});

test.each([
  [['flash'], 'flash needs a firmware file'],
  [['flash', 'no-such.bin'], 'cannot be read'],
  [['flash', '--offset', '5', 'x.bin'], '--offset needs a multiple of 4096'],
])('%j says what is missing', async (args, message) => {
  const ran = await cli.run(args);
  expect(ran.err).toContain(message);
  expect(ran.status).not.toBe(0);
});

test('firmware lists boards and versions', async () => {
  const env = { MPYFLEET_FIRMWARE: site.url };
  expect((await cli.run(['firmware', 's3'], { env })).out).toBe(
    'ESP32_GENERIC_S3  Espressif ESP32-S3\n',
  );
  expect((await cli.run(['firmware', 'ESP32_GENERIC_S3'], { env })).out).toContain(
    'v1.25.0  2025-04-15',
  );
});

test("a board that only its maker's tool can flash gets the steps and the page of its maker", async () => {
  const env = { MPYFLEET_FIRMWARE: site.url };
  const flashed = await cli.run(['flash', 'EK_RA6M2'], { env });
  expect(flashed.status).toBe(2);
  expect(flashed.err).toContain("EK_RA6M2 is flashed with its maker's tool");
  const listed = await cli.run(['firmware', 'EK_RA6M2'], { env });
  expect(listed.out).toContain('v1.25.0  2025-04-15');
  for (const { err } of [flashed, listed]) {
    expect(err).toContain(
      '2. Connect the debug socket of the board and choose the device R7FA6M2AF.',
    );
    expect(err).toContain(`${site.url}EK_RA6M2/`);
  }
});

describe('a drive', () => {
  const pico = uf2File(0xe48bff56, Buffer.from('x'.repeat(100_000)));
  function drive(options: Parameters<typeof startDrive>[0] = {}) {
    const made = startDrive(options);
    made.appear();
    onTestFinished(() => made.stop());
    return made;
  }
  const flash = (path: string, name: string, content: Buffer) =>
    cli.run(['flash', file(name, content)], { env: { MPYFLEET_DRIVES: path } });

  test('of a UF2 loader takes the file for its chip', async () => {
    const made = drive();
    const ran = await flash(made.path, 'f.uf2', pico);
    expect(ran.out).toBe('The loader Raspberry Pi RP2 accepted the firmware.\n');
    expect(made.taken()?.equals(pico)).toBe(true);
  });

  test('of a UF2 loader is not given the file for another chip', async () => {
    const made = drive({
      info: 'UF2 Bootloader v1.0\nModel: Raspberry Pi RP2350\nBoard-ID: RP2350\n',
    });
    const ran = await flash(made.path, 'f.uf2', pico);
    expect(ran.err).toContain('This firmware is for the RP2040, but the chip is an RP2350');
    expect(made.taken()).toBe(undefined);
  });

  test('of a debug probe takes a .hex file', async () => {
    const made = drive({ kind: 'dapLink' });
    const ran = await flash(made.path, 'f.hex', Buffer.from(':00000001FF\r\n'));
    expect(ran.status).toBe(0);
  });

  test('of a debug probe that refuses says why', async () => {
    const fails = 'error: The application file format is unknown.\r\ntype: user\r\n';
    const made = drive({ kind: 'dapLink', fails });
    const ran = await flash(made.path, 'f.hex', Buffer.from(':00000001FF\r\n'));
    expect(ran.err).toContain(
      'The board rejects the firmware: error: The application file format is unknown. type: user',
    );
  });
});
