// Proves the lab's stand-in of ESP boards with Debian's esptool: what it reads and writes is what a chip would have.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ensure, espFirmware, run, startEsp, tempDir } from '../../lab/index.mjs';
import { espChips, type EspChip } from '../../lab/espImage.mjs';

const { esptool = '' } = await ensure('esp');

async function started(options: Parameters<typeof startEsp>[0]) {
  const board = await startEsp(options);
  onTestFinished(() => board.stop());
  return board;
}

type Board = Awaited<ReturnType<typeof startEsp>>;

/** Runs the tool on the board; without the lines DTR and RTS it finds the board in its loader. */
function tool(board: Board, args: string[], { lines = false, stub = true } = {}): Promise<string> {
  const held = lines ? [] : ['--before', 'no_reset', '--after', 'no_reset'];
  return run([esptool, '--port', board.tty, ...held, ...(stub ? [] : ['--no-stub']), ...args], {
    env: lines ? board.env : {},
  });
}

const names: Record<EspChip, string> = {
  esp32: 'ESP32-D0WDQ6-V3 (revision v3.0)',
  esp32s3: 'ESP32-S3 (QFN56) (revision v0.2)',
  esp32c3: 'ESP32-C3 (QFN32) (revision v0.2)',
  esp32c6: 'ESP32-C6 (QFN40) (revision v0.2)',
  esp8266: 'ESP8266EX',
};

describe.each(Object.keys(names) as EspChip[])('the stand-in of an %s', (chip) => {
  test('is recognised, written, verified, read and erased by esptool', async () => {
    const dir = tempDir('esptool');
    const board = await started({ chip, mac: '240ac4123456' });
    const identity = await tool(board, ['flash_id']);
    expect(identity).toContain(`Chip is ${names[chip]}`);
    expect(identity).toContain('MAC: 24:0a:c4:12:34:56');
    expect(identity).toContain('Detected flash size: 4MB');
    await board.reset('loader');

    const file = join(dir, 'firmware.bin');
    const firmware = espFirmware({ chip, size: 200_000 });
    writeFileSync(file, firmware);
    const offset = espChips[chip].bootOffset;
    const place = [`0x${offset.toString(16)}`, file];
    expect(await tool(board, ['image_info', '--version', '2', file])).toContain('(valid)');
    expect(await tool(board, ['write_flash', '-fs', 'keep', ...place])).toContain(
      'Hash of data verified',
    );
    expect(
      board
        .flash()
        .subarray(offset, offset + firmware.length)
        .equals(firmware),
    ).toBe(true);
    await board.reset('loader');
    expect(await tool(board, ['verify_flash', '-fs', 'keep', ...place])).toContain('verify OK');
    await board.reset('loader');
    const back = join(dir, 'back.bin');
    await tool(board, ['read_flash', String(offset), '65536', back]);
    expect(readFileSync(back).equals(firmware.subarray(0, 65536))).toBe(true);

    await board.reset('program');
    expect((await board.state()).mode).toBe('program');
    await board.reset('loader');
    await tool(board, ['erase_flash']);
    expect(board.flash().every((byte) => byte === 0xff)).toBe(true);
    await board.reset('program');
    expect((await board.state()).mode).toBe('blank');
  });

  test('is written by its ROM alone, over what was there', async () => {
    const file = join(tempDir('esptool'), 'firmware.bin');
    const firmware = espFirmware({ chip, size: 100_000, seed: 2 });
    const offset = espChips[chip].bootOffset;
    const board = await started({ chip, firmware: espFirmware({ chip }), firmwareAt: offset });
    writeFileSync(file, firmware);
    await tool(board, ['write_flash', '-fs', 'keep', `0x${offset.toString(16)}`, file], {
      stub: false,
    });
    expect(
      board
        .flash()
        .subarray(offset, offset + firmware.length)
        .equals(firmware),
    ).toBe(true);
  });
});

test('a board with the usual circuit is brought into its loader and out of it by DTR and RTS', async () => {
  const firmware = espFirmware({ chip: 'esp32' });
  const options = { chip: 'esp32', firmware, firmwareAt: 0x1000, start: 'program' } as const;
  const board = await started({ ...options, circuit: 'classic' });
  expect((await board.state()).mode).toBe('program');
  expect(await tool(board, ['flash_id'], { lines: true })).toContain('Chip is ESP32-D0WDQ6-V3');
  expect((await board.state()).mode).toBe('program');
});

test('a board with the USB peripheral of the chip is brought into its loader by DTR and RTS', async () => {
  const board = await started({ chip: 'esp32s3', circuit: 'usb', start: 'program' });
  expect((await board.state()).mode).toBe('blank');
  const usb = ['--before', 'usb_reset', 'flash_id'];
  expect(await tool(board, usb, { lines: true })).toContain('Chip is ESP32-S3');
  expect((await board.state()).mode).toBe('blank');
});

test('a line that is too fast for the board corrupts data', async () => {
  const board = await started({ chip: 'esp32', mostBaud: 460_800 });
  const at = (baud: string) => tool(board, ['--baud', baud, 'flash_id']);
  expect(await at('460800')).toContain('Changed.');
  await board.reset('loader');
  await expect(at('921600')).rejects.toThrow(/failed|No serial data|Invalid head/);
});
