import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { once } from 'node:events';
import { Database } from 'node-sqlite3-wasm';
import { expect, onTestFinished, test } from 'vitest';
import { handOver } from '../../../../src/core/store/handedOver';
import { append, audit, events, series, size, usedBytes } from '../../../../src/core/store/queries';
import { prune } from '../../../../src/core/store/retention';
import { MODE, StoreFile } from '../../../../src/core/store/storeFile';
import type { FileAside } from '../../../../src/core/store/messages';
import type { Batch } from '../../../../src/core/store/model';
import { removeTempDir, tempDir } from '../../../lab/paths.mjs';

const DAY = 86_400_000;
const NOW = Date.UTC(2026, 10, 28);
const empty: Batch = { telemetry: [], events: [], audit: [] };

/** `staleLockMs`: how soon the lock of a killed process is removed. */
function start(staleLockMs?: number) {
  const folder = tempDir('store');
  const path = join(folder, 'history.db');
  const notices: FileAside[] = [];
  const file = new StoreFile(
    path,
    (name) => new Database(name),
    (aside) => notices.push(aside),
    staleLockMs,
  );
  onTestFinished(() => {
    removeTempDir(folder);
  });
  return { folder, path, file, notices };
}

/** The file as another program would open it. */
function opened(path: string): Database {
  const db = new Database(path);
  db.exec(MODE);
  return db;
}

function add(file: StoreFile, batch: Partial<Batch>) {
  file.write((db) => append(db, { ...empty, ...batch }));
}

test('a series has mean, minimum and maximum of each interval with a measurement', () => {
  const { file } = start();
  const telemetry = [0, 1, 2, 9].map((minute) => ({
    uid: 'aa',
    at: NOW + minute * 60_000,
    values: { memoryFree: 1000 + minute },
  }));
  add(file, { telemetry: [...telemetry, { uid: 'bb', at: NOW, values: { memoryFree: 5 } }] });
  const query = { metric: 'memoryFree', from: NOW, to: NOW + 600_000, points: 5 } as const;
  expect(file.use((db) => series(db, { ...query, uid: 'aa' }))).toEqual([
    { at: NOW, mean: 1000.5, least: 1000, most: 1001, count: 2 },
    { at: NOW + 120_000, mean: 1002, least: 1002, most: 1002, count: 1 },
    { at: NOW + 480_000, mean: 1009, least: 1009, most: 1009, count: 1 },
  ]);
  expect(file.use((db) => series(db, { ...query, uid: 'unknown' }))).toEqual([]);
  expect(file.use((db) => series(db, { ...query, uid: 'aa', metric: 'signal' }))).toEqual([]);
});

test('events are found by board, kind, period and text, newest first and page by page', () => {
  const { file } = start();
  const all = Array.from({ length: 250 }, (_, i) => ({
    uid: i % 2 ? 'aa' : 'bb',
    at: NOW + Math.floor(i / 10), // ten in the same millisecond: the order is still total
    kind: i % 5 ? 'log:E' : 'crash',
    text: `line ${i} 100%_done`,
  }));
  add(file, { events: all });
  const seen: string[] = [];
  let before: { at: number; id: number } | undefined;
  do {
    const page = file.use((db) => events(db, { limit: 100, ...(before && { before }) }));
    seen.push(...page.rows.map((row) => row.text));
    before = page.next;
  } while (before);
  expect(seen).toEqual(all.map((entry) => entry.text).reverse());
  const found = (query: object) => file.use((db) => events(db, { limit: 1000, ...query })).rows;
  expect(found({ uid: 'aa', kinds: ['crash'] })).toHaveLength(25);
  expect(found({ text: 'LINE 24 ' }).map((row) => row.uid)).toEqual(['bb']);
  expect(found({ text: '%_d' })).toHaveLength(250); // % and _ are characters, no patterns
  expect(found({ text: '%d' })).toHaveLength(0);
  expect(found({ from: NOW + 24, to: NOW + 25 })).toHaveLength(10);
  expect(found({ uid: "'; DROP TABLE events; --" })).toEqual([]);
});

test('the audit lists users, operations and boards, and is searched by board and by text', () => {
  const { file } = start();
  const entry = {
    at: NOW,
    who: 'ann',
    origin: 'window',
    what: 'Upload main.py',
    ms: 1200,
    boards: [
      { uid: 'aa', name: 'kitchen', status: 'ok' },
      { name: 'not met yet', status: 'failed', error: 'The board is full' },
    ],
  };
  add(file, { audit: [entry, { ...entry, at: NOW + 1, what: 'Soft reset', boards: [] }] });
  const found = (query: object) => file.use((db) => audit(db, { limit: 10, ...query })).rows;
  expect(found({ uid: 'aa' })).toEqual([entry]);
  expect(found({ text: 'is full' })).toEqual([entry]);
  expect(found({ text: 'RESET' }).map((row) => row.what)).toEqual(['Soft reset']);
  expect(found({})).toHaveLength(2);
});

test('long text from a board is cut', () => {
  const { file } = start();
  add(file, {
    events: [{ uid: 'a'.repeat(1000), at: NOW, kind: 'k'.repeat(1000), text: 't'.repeat(100_000) }],
  });
  const [row] = file.use((db) => events(db, { limit: 1 })).rows;
  expect([row?.uid.length, row?.kind.length, row?.text.length]).toEqual([200, 200, 8000]);
});

test('old rows are deleted by age, then the oldest by size, and the file shrinks', () => {
  const { file, path } = start();
  const telemetry = Array.from({ length: 60_000 }, (_, i) => ({
    uid: `board${i % 20}`,
    at: NOW - Math.floor(i / 20) * 3_600_000,
    values: { memoryFree: i, flashFree: i, uptime: i },
  }));
  add(file, { telemetry, events: [{ uid: 'aa', at: NOW - 200 * DAY, kind: 'crash', text: 'x' }] });
  const full = file.use(usedBytes);
  const year = { maxBytes: 1e12, maxAgeMs: 100 * DAY };
  expect(prune(file, year, NOW)).toBe(1 + 20 * (3000 - 2401));
  expect(file.use(size)).toMatchObject({ oldest: NOW - 100 * DAY, events: 0 });
  prune(file, { maxBytes: full / 4, maxAgeMs: 100 * DAY }, NOW);
  const after = file.use(size);
  expect(after.bytes).toBeLessThanOrEqual(full / 4);
  expect(after.bytes).toBeGreaterThan(full / 8);
  expect(after.telemetry % 20).toBe(0); // no board lost more than another
  const db = opened(path);
  expect(db.get('PRAGMA freelist_count')).toEqual({ freelist_count: 0 });
  db.close();
});

test('a message that two windows receive is stored once', () => {
  const { file } = start();
  const values = { memoryFree: 1000, uptime: 60 };
  const crash = { uid: 'aa', kind: 'crash', text: 'ZeroDivisionError', key: '9f03c2aa.crash.5' };
  add(file, { telemetry: [{ uid: 'aa', at: NOW, values }], events: [{ ...crash, at: NOW }] });
  add(file, {
    telemetry: [
      { uid: 'aa', at: NOW + 40, values },
      { uid: 'bb', at: NOW + 40, values },
      { uid: 'aa', at: NOW + 60_000, values: { ...values, uptime: 120 } },
    ],
    events: [
      { ...crash, at: NOW + 40 },
      { ...crash, uid: 'bb', at: NOW + 40 },
    ],
  });
  expect(file.use(size)).toMatchObject({ telemetry: 3, events: 2 });
});

test('a file that is not a database is set aside with a message, and the store starts empty', () => {
  const { file, path, folder, notices } = start();
  writeFileSync(path, 'not a database, but something that the user may want back'.repeat(200));
  add(file, { events: [{ uid: 'aa', at: NOW, kind: 'crash', text: 'kept' }] });
  expect(file.use((db) => events(db, { limit: 10 })).rows).toHaveLength(1);
  expect(readdirSync(folder).sort()).toEqual(['history.db', 'history.db.damaged']);
  expect(notices).toEqual([{ why: 'damaged', path: `${path}.damaged` }]);
});

test('a damaged page is noticed when it is read, and the file is set aside', () => {
  const { file, path, folder } = start();
  const many = Array.from({ length: 5000 }, (_, i) => ({
    uid: 'aa',
    at: NOW + i,
    kind: 'log:I',
    text: `line ${i}`,
  }));
  add(file, { events: many });
  const db = opened(path);
  const pages = Number(db.get('PRAGMA page_count')?.page_count);
  db.close();
  writeFileSync(path, Buffer.alloc(4096 * (pages - 6), 0x5a), { flag: 'r+' });
  expect(file.use((db) => events(db, { limit: 10 })).rows).toEqual([]);
  expect(readdirSync(folder)).toContain('history.db.damaged');
});

test('a file of version 3 keeps its measurements and accepts those of batteries', () => {
  const { path, file, notices } = start();
  add(file, { telemetry: [{ uid: 'aa', at: NOW, values: { memoryFree: 7 } }] });
  const db = opened(path);
  db.exec('ALTER TABLE telemetry DROP COLUMN battery; PRAGMA user_version = 3');
  db.close();
  add(file, {
    telemetry: [{ uid: 'aa', at: NOW + DAY, values: { memoryFree: 8, battery: 3712 } }],
  });
  const values = (metric: 'memoryFree' | 'battery') =>
    file
      .use((d) => series(d, { uid: 'aa', metric, from: NOW, to: NOW + 2 * DAY, points: 2 }))
      .map(({ mean }) => mean);
  expect([values('memoryFree'), values('battery'), notices]).toEqual([[7, 8], [3712], []]);
});

test('a file of a newer version is set aside unchanged', () => {
  const { path, file, folder, notices } = start();
  const db = new Database(path);
  db.exec('PRAGMA user_version = 7; CREATE TABLE future (x); INSERT INTO future VALUES (42)');
  db.close();
  expect(file.use(size).events).toBe(0);
  expect(readdirSync(folder).sort()).toEqual(['history.db', 'history.db.version-7']);
  expect(notices).toEqual([{ why: 'newer', path: `${path}.version-7` }]);
  const kept = opened(`${path}.version-7`);
  expect(kept.get('SELECT x FROM future')).toEqual({ x: 42 });
  kept.close();
});

test('a process that is killed in a transaction loses that transaction only', async () => {
  const { path, file } = start(500);
  add(file, { events: [{ uid: 'aa', at: NOW, kind: 'crash', text: 'committed' }] });
  const child = spawn(
    process.execPath,
    [
      '-e',
      `const { Database } = require('node-sqlite3-wasm'); const db = new Database(${JSON.stringify(path)});
       db.exec(${JSON.stringify(MODE)} + "PRAGMA cache_size = 5; BEGIN IMMEDIATE");
       for (let i = 0; i < 2000; i++) db.run("INSERT INTO events (at, id, board, kind, text) VALUES (1, ?, 1, 'x', ?)", [i, 'y'.repeat(500)]);
       console.log('written'); setInterval(() => {}, 1000);`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(existsSync(`${path}.lock`)).toBe(true);
  add(file, { events: [{ uid: 'aa', at: NOW + 1, kind: 'crash', text: 'after' }] });
  const rows = file.use((db) => events(db, { limit: 10 })).rows;
  expect(rows.map((row) => row.text)).toEqual(['after', 'committed']);
});

test('two processes write at the same time, and nothing is lost', async () => {
  const { path, file } = start();
  add(file, { events: [{ uid: 'aa', at: NOW, kind: 'crash', text: 'first' }] });
  mkdirSync(`${path}.lock`); // another process is in the middle of a transaction
  const release = new SharedArrayBuffer(4);
  const { Worker } = await import('node:worker_threads');
  const other = new Worker(
    `const { workerData } = require('node:worker_threads');
     Atomics.wait(new Int32Array(workerData.release), 0, 0, 300);
     require('node:fs').rmdirSync(workerData.lock);`,
    { eval: true, workerData: { release, lock: `${path}.lock` } },
  );
  add(file, { events: [{ uid: 'aa', at: NOW + 1, kind: 'crash', text: 'second' }] });
  await once(other, 'exit');
  expect(file.use(size).events).toBe(2);
});

test('an operation in the waiting folder is stored once, no matter who opens the file and when a process is killed', async () => {
  const { folder, path, file } = start();
  const waiting = join(folder, 'history.db.waiting');
  const entry = (at: number) => ({ ...operation, at });
  expect(await handOver(path, entry(NOW))).toBe(true);
  expect(await handOver(path, entry(NOW + 1))).toBe(true);
  const [first = ''] = readdirSync(waiting).sort();
  const killed = readFileSync(join(waiting, first)); // it was written, and its file not removed yet
  const all = () => file.use((db) => audit(db, { limit: 1_000 })).rows.map((row) => row.at);
  expect(all()).toEqual([NOW + 1, NOW]);
  expect(readdirSync(waiting)).toEqual([]);
  writeFileSync(join(waiting, first), killed);
  writeFileSync(join(waiting, '1-aa.json'), '{"at":1,"who":"x"');
  writeFileSync(
    join(waiting, '2-bb.json'),
    '{"at":2,"who":"x","origin":"","what":"","ms":0,"boards":[1]}',
  );
  writeFileSync(join(waiting, '3-cc.json.1234.tmp'), '{'); // it is being written
  expect(all()).toEqual([NOW + 1, NOW]);
  expect(readdirSync(waiting).sort()).toEqual([
    '1-aa.json.damaged',
    '2-bb.json.damaged',
    '3-cc.json.1234.tmp',
  ]);
});

test('a hundred operations wait at most', async () => {
  const { path, file } = start();
  for (let at = 0; at < 100; at++) expect(await handOver(path, { ...operation, at })).toBe(true);
  expect(await handOver(path, { ...operation, at: 100 })).toBe(false);
  expect(file.use(size).audit).toBe(100);
  expect(await handOver(path, { ...operation, at: 100 })).toBe(true);
});

const operation = {
  ...{ who: 'ada', origin: 'shell', what: 'put main.py :', ms: 12 },
  boards: [{ name: 'kitchen', uid: 'aa', status: 'ok' }],
};
