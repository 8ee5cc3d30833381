import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UsageError } from '../../../../src/core/errors';
import { FirmwareCatalogue } from '../../../../src/core/flash';
import { readFiles, readOwnCatalogue } from '../../../../src/core/flash/cataloguePages';
import { silentLog } from '../../../../src/core/log';
import { CachingFetcher } from '../../../../src/core/packages/fetcher';
import { nodeHttp, proxyFromEnvironment } from '../../../../src/core/packages/nodeHttp';
import { startFirmwareSite } from '../../../lab/firmwareSite.mjs';
import { tempDir } from '../../../lab/paths.mjs';

const file = (name: string) => ({ [name]: Buffer.from(name) });
let site: Awaited<ReturnType<typeof startFirmwareSite>>;

beforeAll(async () => {
  site = await startFirmwareSite({
    ESP32_GENERIC: {
      product: 'ESP32 / WROOM',
      vendor: 'Espressif',
      files: {
        ...file('ESP32_GENERIC-20260406-v1.28.0.bin'),
        ...file('ESP32_GENERIC-20260406-v1.28.0.app-bin'),
        ...file('ESP32_GENERIC-20250415-v1.25.0.bin'),
        ...file('ESP32_GENERIC-20260501-v1.29.0-preview.12.gabcdef1234.bin'),
        ...file('ESP32_GENERIC-SPIRAM-20250415-v1.25.0.bin'),
      },
    },
    RPI_PICO: { product: 'Pico &amp; friends', vendor: 'Raspberry Pi', files: {} },
  });
});
afterAll(() => site.stop());

function catalogue(own: string[] = [], main = site.url, cache = tempDir('catalogue')) {
  const fetcher = new CachingFetcher(cache, nodeHttp(proxyFromEnvironment({})), silentLog);
  return new FirmwareCatalogue(() => ({ main, own }), fetcher);
}

describe('the catalogue', () => {
  it('lists boards with product and vendor', async () => {
    expect(await catalogue().boards()).toMatchObject([
      { id: 'ESP32_GENERIC', name: 'ESP32 / WROOM', vendor: 'Espressif' },
      { id: 'RPI_PICO', name: 'Pico & friends' },
    ]);
  });

  it('lists files for a cable, releases first, the newest first', async () => {
    const files = (await catalogue().board('esp32_generic')).files;
    expect(files.map(({ version, variant, date }) => [version, variant, date])).toEqual([
      ['v1.28.0', '', '2026-04-06'],
      ['v1.25.0', '', '2025-04-15'],
      ['v1.25.0', 'SPIRAM', '2025-04-15'],
      ['v1.29.0-preview.12.gabcdef1234', '', '2026-05-01'],
    ]);
  });

  it.each([
    ['ESP32_GENERIC', 'ESP32_GENERIC-20260406-v1.28.0.bin'],
    ['ESP32_GENERIC@1.25.0', 'ESP32_GENERIC-20250415-v1.25.0.bin'],
    ['ESP32_GENERIC-SPIRAM@v1.25.0', 'ESP32_GENERIC-SPIRAM-20250415-v1.25.0.bin'],
    [
      'ESP32_GENERIC@v1.29.0-preview.12.gabcdef1234',
      'ESP32_GENERIC-20260501-v1.29.0-preview.12.gabcdef1234.bin',
    ],
  ])('finds %s', async (wanted, name) => {
    const all = catalogue();
    const found = await all.resolve(wanted);
    expect(found.url.split('/').at(-1)).toBe(name);
    expect(Buffer.from(await all.download(found)).toString()).toBe(name);
  });

  it.each([
    ['NO_SUCH_BOARD', 'No firmware exists for the board "NO_SUCH_BOARD"'],
    ['ESP32_GENERIC@9.9', 'Version 9.9 for "ESP32_GENERIC" does not exist'],
    ['ESP32_GENERIC-OCTAL', 'No release exists for "ESP32_GENERIC-OCTAL"'],
  ])('says what is wrong with %s', async (wanted, message) => {
    await expect(catalogue().resolve(wanted)).rejects.toThrow(message);
  });

  it('serves from the cache when there is no network', async () => {
    const cache = tempDir('catalogue');
    const away = await startFirmwareSite({
      X: { product: 'x', vendor: 'y', files: file('X-v1.0.bin') },
    });
    const all = catalogue([], away.url, cache);
    await all.download(await all.resolve('X'));
    await away.stop();
    expect(Buffer.from(await all.download(await all.resolve('X'))).toString()).toBe('X-v1.0.bin');
  });
});

describe("sources of one's own", () => {
  it('a folder offers its firmware files', async () => {
    const folder = tempDir('firmware');
    writeFileSync(join(folder, 'MY_BOARD-v2.0.uf2'), 'mine');
    writeFileSync(join(folder, 'notes.txt'), '');
    const all = catalogue([folder], '');
    expect((await all.boards()).map(({ id }) => id)).toEqual(['MY_BOARD']);
    const found = await all.resolve('MY_BOARD');
    expect(Buffer.from(await all.download(found)).toString()).toBe('mine');
  });

  const entry = (more: object) =>
    JSON.stringify({
      boards: [{ id: 'OWN', firmware: [{ version: 'v1', url: 'own.bin', ...more }] }],
    });

  it('a JSON file offers files with hashes, which are checked', async () => {
    const folder = tempDir('firmware');
    writeFileSync(join(folder, 'own.bin'), 'content');
    const sha256 = createHash('sha256').update('content').digest('hex');
    writeFileSync(join(folder, 'good.json'), entry({ sha256 }));
    writeFileSync(
      join(folder, 'bad.json'),
      entry({ sha256: sha256.replace(/^./, 'f').replace(/.$/, '0') }),
    );
    const good = catalogue([join(folder, 'good.json')], '');
    expect(Buffer.from(await good.download(await good.resolve('OWN'))).toString()).toBe('content');
    const bad = catalogue([join(folder, 'bad.json')], '');
    await expect(bad.download(await bad.resolve('OWN'))).rejects.toThrow('does not match the hash');
  });

  it.each([
    ['no JSON', '{'],
    ['an id with a path', '{"boards":[{"id":"../x"}]}'],
    ['a local file from the network', entry({ url: 'file:///etc/passwd' })],
    ['another scheme', entry({ url: 'ftp://example.org/x.bin' })],
    ['a short hash', entry({ sha256: 'abc' })],
  ])('%s is refused', (_, json) => {
    expect(() => readOwnCatalogue(json, 'https://example.org/firmware.json')).toThrow(UsageError);
  });
});

it('a hostile page gives no names with paths or markup', () => {
  const page =
    '<a href="/x/..%2f..%2fetc-v1.bin">a</a><a href="javascript:alert-v1.bin">b</a><a href="<b>-v1.bin">c</a>';
  expect(
    readFiles(page, 'https://example.org/').every(({ board }) => /^[\w.-]+$/.test(board)),
  ).toBe(true);
});

describe("CircuitPython's list", () => {
  const list = [
    {
      id: 'raspberry_pi_pico',
      versions: [{ version: '10.2.1', stable: true, extensions: ['uf2'] }],
    },
    {
      id: 'adafruit_metro_esp32s3',
      versions: [
        { version: '10.3.0-beta.1', stable: false, extensions: ['bin', 'uf2'] },
        { version: '10.2.1', stable: true, extensions: ['bin', 'uf2'] },
      ],
    },
    { id: '../etc', versions: [{ version: '1.0.0', stable: true, extensions: ['uf2'] }] },
    { id: 'x', versions: [{ version: '1.0.0/../..', stable: true, extensions: ['uf2'] }] },
    'nonsense',
  ];

  it('gives boards, and files at the addresses of its builds', () => {
    const { boards, files } = readOwnCatalogue(
      JSON.stringify(list),
      'https://example.org/files.json',
    );
    expect(boards.map((b) => b.id)).toEqual([
      'circuitpython_raspberry_pi_pico',
      'circuitpython_adafruit_metro_esp32s3',
    ]);
    expect(files[0]).toMatchObject({
      version: '10.2.1',
      url: 'https://adafruit-circuit-python.s3.amazonaws.com/bin/raspberry_pi_pico/en_US/adafruit-circuitpython-raspberry_pi_pico-en_US-10.2.1.uf2',
    });
    expect(files.slice(1).map((f) => [f.version, f.variant, f.preview])).toEqual([
      ['10.3.0-beta.1', '', true],
      ['10.3.0-beta.1', 'BIN', true],
      ['10.2.1', '', false],
      ['10.2.1', 'BIN', false],
    ]);
  });

  it('is read from a source of its own, with the newest release by name', async () => {
    const path = join(tempDir('circuitpython'), 'files.json');
    writeFileSync(path, JSON.stringify(list));
    const found = await catalogue([path]).resolve('circuitpython_adafruit_metro_esp32s3-bin');
    expect(found).toMatchObject({ version: '10.2.1', variant: 'BIN' });
  });

  it('without a board is refused', () => {
    expect(() => readOwnCatalogue('[1]', 'https://example.org/f.json')).toThrow(
      'contains no board',
    );
  });
});
