import { describe, expect, it } from 'vitest';
import {
  compareReleases,
  newestRelease,
  proposeBoards,
  type CatalogueFile,
} from '../../../../src/core/flash';

const board = (id: string, vendor: string, name: string) => ({ id, vendor, name, source: '' });
const boards = [
  board('RPI_PICO', 'Raspberry Pi', 'Pico'),
  board('RPI_PICO_W', 'Raspberry Pi', 'Pico W'),
  board('RPI_PICO2', 'Raspberry Pi', 'Pico 2'),
  board('ADAFRUIT_FEATHER_RP2040', 'Adafruit', 'Feather RP2040'),
  board('ESP32_GENERIC_S3', 'Espressif', 'ESP32-S3'),
];
const ids = (clues: Parameters<typeof proposeBoards>[1]) =>
  proposeBoards(boards, clues).map(({ id }) => id);
const drive = (info: string) => ({ path: '/d', kind: 'uf2' as const, name: 'd', info });

describe('the board whose firmware is proposed', () => {
  it.each([
    ['its USB ids', { usb: { vendorId: '239a', productId: '80f2' } }, ['ADAFRUIT_FEATHER_RP2040']],
    [
      "its chip's USB ids",
      { usb: { vendorId: '2e8a', productId: '0005' } },
      ['RPI_PICO', 'RPI_PICO_W', 'RPI_PICO2'],
    ],
    ['its own words', { machine: 'Raspberry Pi Pico W with RP2040' }, ['RPI_PICO_W']],
    ["its loader's drive", { drive: drive('Board-ID: RPI-RP2\n') }, ['RPI_PICO', 'RPI_PICO_W']],
    ['ids that any adapter has', { usb: { vendorId: '1a86', productId: '7523' } }, []],
    ['nothing', {}, []],
  ])('follows from %s', (_what, clues, expected) => {
    expect(ids(clues)).toEqual(expected);
  });

  it('is the one that the board reports, even if its USB ids are shared', () => {
    const usb = { vendorId: '2e8a', productId: '0005' };
    expect(ids({ usb, machine: 'Raspberry Pi Pico 2 with RP2350' })).toEqual(['RPI_PICO2']);
  });
});

describe('releases', () => {
  it.each([
    ['v1.9', '1.9.0', 0],
    ['1.25.0', 'v1.28.0', -3],
    ['1.9.4', '1.10', -1],
    ['1.27.0-preview.3', '1.27.0', 0],
    ['unstable', '1.27.0', undefined],
  ])('%s and %s are compared by their numbers', (a, b, sign) => {
    expect(compareReleases(a, b)).toBe(sign);
  });

  it('are the newest without previews', () => {
    const file = (version: string, preview = false) => ({ version, preview }) as CatalogueFile;
    const files = [file('v1.9.4'), file('v1.28.0'), file('v1.29.0-preview.1', true)];
    expect(newestRelease(files)).toBe('1.28.0');
    expect(newestRelease(files.slice(2))).toBe(undefined);
  });
});
