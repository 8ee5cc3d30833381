// @ts-check
// How fast the history answers when it is full: node bench/store.mjs [boards] [rows of each board]
// Default: 1,000 boards and 30 days of telemetry, 10 million rows, with 1,000,000 events and 100,000 operations.
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { forNode } from '../scripts/programs.mjs';
import { root } from '../test/lab/paths.mjs';

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
  const { Store } = createRequire(import.meta.url)(join(folder, 'store.js'));
  const store = new Store({
    file: join(folder, 'history.db'),
    worker: join(folder, 'worker.js'),
    limits: () => ({ maxBytes: 1e12, maxAgeMs: 365 * DAY }),
  });
  await timed('filling', () => fill(store));
  const size = await timed('counting all rows', () => store.size());
  console.log(`${size.telemetry} measurements, ${size.events} events, ${size.audit} operations`);
  console.log(`${(size.bytes / 1e6).toFixed(0)} MB`);
  const chart = { uid: 'board500', metric: /** @type {const} */ ('memoryFree'), points: 300 };
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

/** @param {import('../src/core/store/index.ts').Store} store */
async function fill(store) {
  for (let b = 0; b < boards; b++) {
    const uid = `board${b}`;
    for (let i = 0; i < rows; i++) {
      const at = now - Math.round((i * 30 * DAY) / rows);
      const values = { memoryFree: 400_000 - (i % 977), flashFree: 3e6, signal: -60, uptime: i };
      store.addTelemetry({ uid, at, values });
      if (i % 10 === 0) {
        const text = i === 0 && b % 50 === 0 ? 'the needle' : `line ${i} of a board's log`;
        store.addEvent({ uid, at, kind: 'log:I', text });
      }
      if (i % 100 === 0) {
        const board = { uid, name: uid, status: 'ok' };
        store.addAudit({
          at,
          who: 'ann',
          origin: 'window',
          what: 'Upload main.py',
          ms: 900,
          boards: [board],
        });
      }
    }
    await store.flush();
  }
}

/**
 * @template T
 * @param {string} what
 * @param {() => Promise<T>} work
 */
async function timed(what, work) {
  const start = performance.now();
  const result = await work();
  console.log(`${what}: ${((performance.now() - start) / 1000).toFixed(3)} s`);
  return result;
}
