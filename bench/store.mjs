// @ts-check
// Measures how fast a full history answers: node bench/store.mjs [boards] [rows of each board]
// Default: 1,000 boards and 30 days of telemetry, 10 million rows, with 1,000,000 events and 100,000 operations.
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { forNode } from '../scripts/programs.mjs';
import { root } from '../test/lab/paths.mjs';

const require = createRequire(import.meta.url);
const boards = Number(process.argv[2] ?? 1_000);
const rows = Number(process.argv[3] ?? 10_000);
const DAY = 86_400_000;
const now = Date.now();
const period = { from: now - 30 * DAY, to: now };

const folder = mkdtempSync(join(tmpdir(), 'mpyfleet-bench-'));
try {
  await build({
    ...forNode,
    entryPoints: {
      worker: 'src/core/store/storeWorker.ts',
      store: 'src/core/store/index.ts',
    },
    outdir: folder,
  });
  const wasm = 'node-sqlite3-wasm.wasm';
  cpSync(join(root, 'node_modules/node-sqlite3-wasm/dist', wasm), join(folder, wasm));
  /** @type {typeof import('../src/core/store/index.ts')} */
  const { Store } = require(join(folder, 'store.js'));
  const file = join(folder, 'history.db');
  const store = new Store({
    file,
    worker: join(folder, 'worker.js'),
    limits: () => ({ maxBytes: 1e12, maxAgeMs: 365 * DAY }),
  });
  await timed('opening an empty file', () => store.size());
  await timed('filling', () => Promise.resolve(fill(file)));
  const size = await timed('counting all rows', () => store.size());
  console.log(`${size.telemetry} measurements, ${size.events} events, ${size.audit} operations`);
  console.log(`${(size.bytes / 1e6).toFixed(0)} MB`);
  const chart = {
    uid: `board${boards >> 1}`,
    metric: /** @type {const} */ ('memoryFree'),
    points: 300,
  };
  const points = await timed('chart of 30 days', () => store.series({ ...chart, ...period }));
  console.log(`  ${points.length} points of ${points.reduce((sum, p) => sum + p.count, 0)} rows`);
  await timed('chart of a day', () => store.series({ ...chart, from: now - DAY, to: now }));
  const text = 'needle';
  const found = await timed('search in all events', () => store.events({ text, limit: 100 }));
  console.log(`  ${found.rows.length} found`);
  await timed('search in all operations', () => store.audit({ text, limit: 100 }));
  await timed('newest 100 events of a board', () => store.events({ uid: 'board7', limit: 100 }));
  await timed('appending 1,000 rows', () => {
    for (let b = 0; b < 1_000; b++)
      store.addTelemetry({ uid: `board${b}`, at: now, values: { uptime: 1 } });
    return store.flush();
  });
  await store.close();
} finally {
  rmSync(folder, { recursive: true });
}

/**
 * Fills the tables that the store has created with generated rows, in the order of their keys and without a journal. Through
 * the store it takes longer than 20 minutes: each batch of 1,000 rows is a transaction that waits for the disk.
 * @param {string} file
 */
function fill(file) {
  const { Database } = require('node-sqlite3-wasm');
  const db = new Database(file);
  try {
    db.exec(
      'PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;',
    );
    db.exec('PRAGMA cache_size = -400000; BEGIN');
    const count = (/** @type {number} */ n) =>
      `(WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ${n - 1}) SELECT i FROM n)`;
    const start = now - 30 * DAY;
    const step = Math.floor((30 * DAY) / rows);
    db.exec(`INSERT INTO boards (id, uid) SELECT i + 1, 'board' || i FROM ${count(boards)}`);
    db.exec(`INSERT INTO telemetry (board, at, memoryFree, flashFree, signal, uptime)
      SELECT b.i + 1, ${start} + n.i * ${step}, 400000 - n.i % 977, 3e6, -60, n.i
      FROM ${count(boards)} b CROSS JOIN ${count(rows)} n`);
    db.exec(`INSERT INTO events (at, id, board, kind, text)
      SELECT ${start} + n.i * ${10 * step}, b.i + 1, b.i + 1, 'log:I',
        CASE WHEN n.i = 0 AND b.i % 50 = 0 THEN 'the needle' ELSE 'line ' || n.i || ' of a board''s log' END
      FROM ${count(Math.ceil(rows / 10))} n CROSS JOIN ${count(boards)} b`);
    db.exec(`INSERT INTO audit (at, id, who, origin, what, ms, boards)
      SELECT ${start} + n.i * ${100 * step}, b.i + 1, 'ann', 'window', 'Upload main.py', 900,
        '[{"uid":"board' || b.i || '","name":"board' || b.i || '","status":"ok"}]'
      FROM ${count(Math.ceil(rows / 100))} n CROSS JOIN ${count(boards)} b`);
    db.exec('COMMIT');
  } finally {
    db.close();
  }
}

/**
 * Prints how long the work took, and what of it the processor worked, in all threads: on a busy computer the latter counts.
 * @template T
 * @param {string} what
 * @param {() => Promise<T>} work
 */
async function timed(what, work) {
  const start = performance.now();
  const before = process.cpuUsage();
  const result = await work();
  const { user, system } = process.cpuUsage(before);
  const seconds = [(performance.now() - start) / 1e3, (user + system) / 1e6];
  console.log(`${what}: ${seconds.map((s) => s.toFixed(3)).join(' s, processor ')} s`);
  return result;
}
