import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { utf8 } from '../../../../src/core/bytes';
import { silentLog } from '../../../../src/core/log';
import { CachingFetcher, nodeHttp } from '../../../../src/core/packages';
import { loadFirmwareUpdate, releaseFromWeb } from '../../../../src/core/updates';
import { tempDir } from '../../../lab/index.mjs';
import { key, sha256, signed } from './signing';

const image = Buffer.concat([Buffer.from([0xe9]), utf8('…MicroPython v1.26.0 on 2025-08-09;…')]);
const whole = {
  ...{ kind: 'mpyfleet-firmware', board: 'Generic ESP32S3 module', version: '1.26.0' },
  ...{ file: 'lab.app-bin', sha256: sha256(image) },
};
const files = new Map<string, Uint8Array>();
const asked: string[] = [];
let server: Server;
let at: string;

beforeAll(async () => {
  server = createServer(({ url = '' }, response) => {
    asked.push(url);
    const file = files.get(url);
    response.writeHead(file ? 200 : 404).end(file);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  at = `http://127.0.0.1:${(server.address() as AddressInfo).port}/lab.json`;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

/** A computer that has downloaded nothing yet. */
const computer = () =>
  releaseFromWeb(
    new CachingFetcher(tempDir('releases'), nodeHttp(), silentLog),
    new AbortController().signal,
  );

it('is downloaded once for all boards, those that come back later included', async () => {
  files.set('/lab.json', signed(whole)).set('/lab.app-bin', image);
  const load = computer();
  const chosen = await loadFirmwareUpdate(at, load, [key]);
  for (let board = 0; board < 3; board++) {
    const { image: got } = await loadFirmwareUpdate(at, load, [key], chosen.sha256);
    expect(sha256(got)).toBe(sha256(image));
  }
  expect(asked).toEqual(['/lab.json', '/lab.app-bin']);
});

it('is rejected on a computer without it, once the address has another file', async () => {
  files.set('/lab.json', signed(whole)).set('/lab.app-bin', image);
  const pinned = (await loadFirmwareUpdate(at, computer(), [key])).sha256;
  files.set('/lab.app-bin', utf8('damaged'));
  await expect(loadFirmwareUpdate(at, computer(), [key], pinned)).rejects.toThrow(
    'lab.app-bin is not the file that was signed',
  );
  files.set('/lab.json', signed({ ...whole, version: '1.27.0' }));
  await expect(loadFirmwareUpdate(at, computer(), [key], pinned)).rejects.toThrow(
    'lab.json has changed since it was chosen',
  );
});
