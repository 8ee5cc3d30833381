import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { FlashError, otherVersion, parseFirmware } from '../../../../src/core/flash';
import { refuseWrong } from '../../../../src/core/flash/espFit';
import { segmentsOf } from '../../../../src/core/flash/espFlash';
import type { EspFirmware } from '../../../../src/core/flash/espImage';
import type { EspIdentity } from '../../../../src/core/flash/espLoader';
import { espChipNamed } from '../../../../src/core/flash/espChips';
import { uf2File as uf2 } from '../../../lab/drive.mjs';
import { espFirmware, espImage, type EspChip } from '../../../lab/espImage.mjs';

function esp(data: Uint8Array, offset?: number): EspFirmware {
  const firmware = parseFirmware(data, offset);
  if (firmware.kind !== 'esp') throw new Error(`it is ${firmware.kind}`);
  return firmware;
}

function reason(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof FlashError) return `${error.reason}: ${error.message}`;
    throw error;
  }
  return 'accepted';
}

describe('firmware for ESP chips', () => {
  it.each([
    ['esp32', 'ESP32', 0x1000],
    ['esp32s3', 'ESP32-S3', 0],
    ['esp32c3', 'ESP32-C3', 0],
    ['esp32c6', 'ESP32-C6', 0],
    ['esp8266', 'ESP8266', 0],
  ] as const)('of the %s is recognised with its chip and place', (chip, name, offset) => {
    const firmware = esp(espFirmware({ chip }));
    expect(firmware.chip.name).toBe(name);
    expect(firmware.offset).toBe(offset);
  });

  it('contains its version, its project and the flash size that its partitions need', () => {
    const firmware = esp(espFirmware({ chip: 'esp32s3', version: 'v1.26.1' }));
    expect(firmware).toMatchObject({ version: 'v1.26.1', project: 'micropython' });
    expect(firmware.flashNeeded).toBe(4 * 1024 * 1024);
  });

  it.each([
    ['v1.25.0', '1.25.0', undefined],
    ['v1.9', '1.9.0', undefined],
    ['v1.27.0-preview.12.gabc', '1.27.0', undefined],
    ['v1.26.1', '1.25.0', 'v1.26.1'],
    ['v1.26.1', undefined, undefined],
  ])('of version %s is compared with a board that runs %s', (version, runs, other) => {
    expect(otherVersion(esp(espFirmware({ chip: 'esp32s3', version })), runs)).toBe(other);
  });

  it('is unpacked', () => {
    expect(esp(gzipSync(espFirmware({ chip: 'esp32' }))).chip.name).toBe('ESP32');
  });

  it('as a dump of the whole flash is written from offset 0', () => {
    const dump = Buffer.concat([Buffer.alloc(0x1000, 0xff), espFirmware({ chip: 'esp32' })]);
    expect(esp(dump).offset).toBe(0);
  });

  it('is rejected if any byte is damaged', () => {
    const whole = espFirmware({ chip: 'esp32s3', size: 8192 });
    for (const at of [1, 40, 9000, 0x10000 + 500, whole.length - 1]) {
      const file = Buffer.from(whole);
      file[at] = (file[at] ?? 0) ^ 0x10;
      expect(
        reason(() => parseFirmware(file)),
        `byte ${at}`,
      ).toMatch(/^file: /);
    }
    for (const size of [0, 7, 100, 0x9000, whole.length - 1]) {
      expect(
        reason(() => parseFirmware(whole.subarray(0, size))),
        `${size} bytes`,
      ).toMatch(/^file: /);
    }
  });

  it('without a boot loader is rejected, unless the user names its offset', () => {
    const program = espImage({ chip: 'esp32c3', version: 'v1.25.0' });
    expect(reason(() => parseFirmware(program))).toContain('without a boot loader');
    expect(esp(program, 0x10000)).toMatchObject({ offset: 0x10000, version: 'v1.25.0' });
  });

  it.each([
    ['a web page', '<!DOCTYPE html><html>', 'web page'],
    ['an .elf file', '\x7fELF\x01\x01', '.elf'],
    ['some text', 'hello world, this is no firmware', 'not firmware'],
  ])('is not %s', (_, content, said) => {
    expect(reason(() => parseFirmware(Buffer.from(content, 'latin1')))).toContain(said);
  });
});

describe('a chip', () => {
  const identity = (name: string, more: Partial<EspIdentity> = {}): EspIdentity => {
    const chip = espChipNamed(name);
    if (!chip) throw new Error(name);
    const flashSize = 4 * 1024 * 1024;
    return { chip, description: name, revision: 2, mac: '240ac4000001', flashSize, ...more };
  };
  const firmware = (chip: EspChip, minRevision = 0) => esp(espFirmware({ chip, minRevision }));

  it('accepts firmware for it', () => {
    expect(reason(() => refuseWrong(firmware('esp32s3'), identity('ESP32-S3')))).toBe('accepted');
  });

  it('rejects firmware for another chip', () => {
    const given = reason(() => refuseWrong(firmware('esp32'), identity('ESP32-S3')));
    expect(given).toBe('wrongChip: This firmware is for the ESP32, but the chip is an ESP32-S3');
  });

  it('rejects firmware that is too large for its flash', () => {
    const small = identity('ESP32-S3', { flashSize: 512 * 1024 });
    expect(reason(() => refuseWrong(firmware('esp32s3'), small))).toBe(
      'tooBig: This firmware needs 4.0 MiB of flash, but the chip has 512 KiB',
    );
  });

  it('rejects firmware for newer silicon', () => {
    const given = reason(() => refuseWrong(firmware('esp32c3', 103), identity('ESP32-C3')));
    expect(given).toBe(
      'revision: This firmware does not run on silicon revision v0.2 of the ESP32-C3',
    );
  });
});

it('firmware is cut into whole sectors that join to the file', () => {
  const data = Buffer.alloc(1_300_001, 7);
  const { head, rest } = segmentsOf({ offset: 0x1000, data });
  expect(head.data.length).toBe(4096);
  const joined = Buffer.concat([head.data, ...rest.map((segment) => segment.data)]);
  expect(joined.subarray(0, data.length).equals(data)).toBe(true);
  expect([...joined.subarray(data.length)]).toEqual([255, 255, 255]);
  expect(rest.every((segment) => segment.offset % 4096 === 0)).toBe(true);
});

describe('UF2 files', () => {
  const content = Buffer.from(`${'x'.repeat(300)}MicroPython v1.25.0 on 2025-04-15; board`);

  it('contain their family and the version of MicroPython, also across blocks', () => {
    for (let shift = 0; shift < 256; shift += 51) {
      const moved = Buffer.concat([Buffer.alloc(shift), content]);
      const firmware = parseFirmware(uf2(0xe48bff56, moved));
      expect(firmware).toMatchObject({ kind: 'uf2', families: [0xe48bff56], version: 'v1.25.0' });
    }
  });

  it('are refused when they are cut short or damaged', () => {
    const file = uf2(0xe48bff56, content);
    expect(reason(() => parseFirmware(file.subarray(0, 700)))).toMatch(/^file: /);
    for (const at of [512, 516, 528, 1020]) {
      const bad = Buffer.from(file);
      bad[at] = (bad[at] ?? 0) ^ 0xff;
      expect(
        reason(() => parseFirmware(bad)),
        `byte ${at}`,
      ).toMatch(/^file: /);
    }
  });
});

describe('.hex files', () => {
  const hex = ':020000040000FA\r\n:10000000000102030405060708090A0B0C0D0E0F78\r\n:00000001FF\r\n';

  it('are recognised', () => {
    expect(parseFirmware(Buffer.from(hex)).kind).toBe('hex');
  });

  it.each([
    ['cut short', hex.slice(0, -15)],
    ['with a wrong digit', hex.replace('0A0B', '0A0C')],
    ['with something behind the end', `${hex}:00000001FF\r\n`],
  ])('are refused when they are %s', (_, bad) => {
    expect(reason(() => parseFirmware(Buffer.from(bad)))).toMatch(/^file: /);
  });
});
