import { cpSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { forNode } from '../../../../scripts/programs.mjs';
import { Store } from '../../../../src/core/store';
import { removeTempDir, root, tempDir } from '../../../lab/paths.mjs';

const NOW = Date.now();
let folder: string;
let worker: string;

beforeAll(async () => {
  folder = tempDir('store');
  worker = join(folder, 'store.js');
  await build({ ...forNode, entryPoints: ['src/core/store/storeWorker.ts'], outfile: worker });
  const wasm = 'node-sqlite3-wasm.wasm';
  cpSync(join(root, 'node_modules/node-sqlite3-wasm/dist', wasm), join(folder, wasm));
});
afterAll(() => removeTempDir(folder));

function start(name: string) {
  const file = join(folder, name, 'history.db');
  const limits = () => ({ maxBytes: 1e9, maxAgeMs: 365 * 86_400_000 });
  const store = new Store({ file, worker, limits });
  const failures: string[] = [];
  const notices: string[] = [];
  store.onDidFail((error) => failures.push(error.message));
  store.onNotice((text) => notices.push(text));
  onTestFinished(() => store.close());
  return { file, store, failures, notices };
}

test('waiting rows are written before a query is answered, and are visible to the next program', async () => {
  const first = start('kept');
  for (let i = 0; i < 2500; i++) {
    first.store.addTelemetry({ uid: 'aa', at: NOW + i, values: { memoryFree: i } });
  }
  first.store.addEvent({ uid: 'aa', at: NOW, kind: 'crash', text: 'ZeroDivisionError' });
  expect(await first.store.size()).toMatchObject({ telemetry: 2500, events: 1, audit: 0 });
  first.store.addAudit({
    at: NOW,
    who: 'ann',
    origin: 'shell',
    what: 'put main.py',
    ms: 5,
    boards: [],
  });
  await first.store.close();
  const second = start('kept');
  const { rows } = await second.store.audit({ limit: 10 });
  expect(rows.map((row) => row.what)).toEqual(['put main.py']);
  expect((await second.store.events({ limit: 10 })).rows).toHaveLength(1);
});

test('two windows share one file', async () => {
  const [one, two] = [start('shared').store, start('shared').store];
  for (let i = 0; i < 20; i++) {
    for (const [store, uid] of [
      [one, 'aa'],
      [two, 'bb'],
    ] as const) {
      store.addTelemetry({ uid, at: NOW + i, values: { uptime: i } });
    }
    await Promise.all([one.flush(), two.flush()]);
  }
  expect((await one.size()).telemetry).toBe(40);
  expect((await two.size()).telemetry).toBe(40);
});

test('nothing is opened before the first row or question', async () => {
  const { store } = start('unused');
  await store.close();
  expect(readdirSync(folder)).not.toContain('unused');
});

test('a folder that cannot be created is reported once for the rows, and to every caller that reads', async () => {
  writeFileSync(join(folder, 'blocked'), 'a file where the folder should be');
  const { store, failures } = start('blocked');
  store.addEvent({ uid: 'aa', at: NOW, kind: 'crash', text: 'x' });
  await store.flush();
  expect(failures).toHaveLength(1);
  expect(failures[0]).toMatch(/^The history could not be used: E/);
  await expect(store.size()).rejects.toThrow('The history could not be used');
});

test('a damaged file is reported to the user', async () => {
  const { file, store, notices } = start('broken');
  await store.size();
  writeFileSync(file, 'x'.repeat(10_000));
  store.addEvent({ uid: 'aa', at: NOW, kind: 'crash', text: 'x' });
  expect((await store.size()).events).toBe(1);
  expect(notices).toEqual([expect.stringContaining('history.db.damaged')]);
});
