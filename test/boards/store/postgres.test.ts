import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { forNode } from '../../../scripts/programs.mjs';
import { MessageCollector } from '../../../src/core/apps';
import type { AgentControl } from '../../../src/core/agent';
import type { AppMessages, Broker, BrokerState } from '../../../src/core/broker/broker';
import { Emitter } from '../../../src/core/events';
import { silentLog } from '../../../src/core/log';
import { Store } from '../../../src/core/store';
import { root, startPostgres, tempDir } from '../../lab/index.mjs';

let server: Awaited<ReturnType<typeof startPostgres>>;
let folder: string;
const stores: Store[] = [];

beforeAll(async () => {
  folder = tempDir('store-postgres');
  const workers = {
    store: 'src/core/store/storeWorker.ts',
    storePg: 'src/core/store/pgWorker.ts',
  };
  [server] = await Promise.all([
    startPostgres(),
    build({ ...forNode, entryPoints: workers, outdir: folder }),
  ]);
  const wasm = 'node-sqlite3-wasm.wasm';
  cpSync(join(root, 'node_modules/node-sqlite3-wasm/dist', wasm), join(folder, wasm));
});
afterAll(async () => {
  await Promise.all(stores.map((s) => s.close()));
  await server.stop();
});

function open(url?: string): Store {
  const store = new Store({
    file: join(folder, 'history.db'),
    ...(url === undefined ? {} : { url }),
    worker: join(folder, url === undefined ? 'store.js' : 'storePg.js'),
    limits: () => ({ maxBytes: 1e9, maxAgeMs: 365 * 86_400_000 }),
  });
  stores.push(store);
  return store;
}

/** Fills a store, and returns its answers to every kind of question. */
async function answersOf(store: Store): Promise<unknown> {
  const now = 1_780_000_000_000;
  for (let i = 0; i < 30; i++) {
    const uid = i % 3 === 0 ? 'aa' : 'bb';
    store.addTelemetry({ uid, at: now + i * 60_000, values: { memoryFree: 1000 + i, uptime: i } });
    const kind = i % 2 === 0 ? 'crash' : 'log:E';
    store.addEvent({ uid, at: now + i, kind, text: `line ${i} 50%`, key: `k${i % 20}` });
    const status = i % 5 === 0 ? 'failed' : 'ok';
    const boards = [{ uid, name: `board "${i}"`, status }];
    store.addAudit({ at: now + i, who: 'me', origin: 'shell', what: `Do ${i}`, ms: i, boards });
  }
  store.addTelemetry({ uid: 'aa', at: now + 1, values: { memoryFree: 1000, uptime: 0 } });
  const row = (seq: number, uid = 'aa') => ({
    ...{
      uid,
      boot: 'b1',
      seq,
      at: now + seq * 100,
      app: 'env',
      data: `{"n":${seq},"x":"\\u0000é"}`,
    },
  });
  await store.addMessages([row(1), row(2)], [{ uid: 'aa', boot: 'b1', dropped: 1, start: now }]);
  await Promise.all([
    store.addMessages([row(2), row(3)], [{ uid: 'aa', boot: 'b1', dropped: 4 }]),
    store.addMessages([row(3), row(1, 'bb')], [{ uid: 'aa', boot: 'b1', dropped: 2 }]),
  ]);
  const command = { id: 'c1', uid: 'aa', at: now, text: 'hello', until: now + 10 };
  await store.putCommand({ ...command, state: 'queued' });
  await store.putCommand({ ...command, state: 'done', boot: 'b1', reply: 'fine' });
  await store.putCommand({ ...command, state: 'sent', boot: 'b1' });
  const first = await store.events({ limit: 7 });
  return {
    series: await store.series({
      uid: 'bb',
      metric: 'memoryFree',
      from: now,
      to: now + 1e7,
      points: 4,
    }),
    first: first.rows,
    second: (await store.events({ limit: 7, ...(first.next && { before: first.next }) })).rows,
    crashes: (await store.events({ uid: 'aa', kinds: ['crash'], text: 'LINE 1', limit: 9 })).rows,
    percent: (await store.events({ text: '50%', from: now + 3, to: now + 6, limit: 9 })).rows,
    failed: (await store.audit({ status: 'failed', limit: 9 })).rows,
    ok: (await store.audit({ status: 'ok', uid: 'aa', limit: 9 })).rows,
    messages: await store.messages({ limit: 10 }),
    page: await store.messages({ uids: ['aa'], from: now + 150, after: 1, limit: 1 }),
    latest: await store.messages({ latest: true, text: '"N":', limit: 2 }),
    source: await store.knownSource('aa', 'b1'),
    none: await store.knownSource('zz', 'b1'),
    commands: await store.commands({ uid: 'aa', limit: 5 }),
    open: await store.commands({ open: true, limit: 5 }),
    size: { ...(await store.size()), bytes: 0 },
  };
}

it('answers every question as SQLite does', async () => {
  const sqlite = await answersOf(open());
  expect(await answersOf(open(server.url))).toEqual(sqlite);
  expect(sqlite).toMatchObject({ source: { last: 3 }, commands: [{ state: 'done' }], open: [] });
});

it('stores each message once in order while the server restarts and two programs write', async () => {
  const came = new Emitter<AppMessages>();
  const broker = {
    onAppMessages: came.event,
    onDidChangeState: new Emitter<BrokerState>().event,
    profile: { id: 'x' },
  } as unknown as Broker;
  const hub = {
    ...{ all: [broker], onDidChange: new Emitter<undefined>().event },
    agent: () => undefined as AgentControl | undefined,
  };
  const both = [open(server.url), open(server.url)];
  const collectors = both.map((store) => new MessageCollector(hub, store, silentLog));
  const send = (from: number, to: number) => {
    for (let seq = from; seq <= to; seq++) {
      for (let board = 0; board < 20; board++) {
        const record = { seq, ms: seq * 100, kind: 'data' as const, data: { n: seq } };
        const head = { boot: 'b7', app: 'env', version: '1', first: seq, uptime: seq * 100 };
        const batch = {
          ...head,
          records: [record],
          unix: Math.floor(1_790_000_000 + seq / 10),
          dropped: 0,
        };
        came.fire({ uid: `c${String(board).padStart(2, '0')}`, batch });
      }
    }
  };
  send(1, 5);
  await Promise.all(collectors.map((c) => c.idle()));
  const [store = open(server.url)] = both;
  const failures: string[] = [];
  store.onDidFail(({ message }) => failures.push(message));
  const restarted = server.restart();
  send(6, 40);
  store.addEvent({ uid: 'c00', at: 1_790_000_000_000, kind: 'crash', text: 'while it was away' });
  await store.flush();
  await restarted;
  await Promise.all(collectors.map((c) => c.idle()));
  for (const c of collectors) c.dispose();
  const uids = Array.from({ length: 20 }, (_, i) => `c${String(i).padStart(2, '0')}`);
  const { rows } = await store.messages({ uids, limit: 1_000 });
  for (const uid of uids) {
    const numbers = rows.filter((r) => r.uid === uid).map((r) => r.seq);
    expect(numbers).toEqual(Array.from({ length: 40 }, (_, i) => i + 1));
  }
  // Events wait for the server as messages do.
  const events = await store.events({ uid: 'c00', limit: 9 });
  expect(events.rows.map((r) => r.text)).toEqual(['while it was away']);
  expect(failures.length).toBeLessThanOrEqual(1);
});

it('keeps events for a server that cannot be reached, reports that once, and uses another place when asked to', async () => {
  const nowhere = 'postgres://fleet@127.0.0.1:9/postgres';
  let url: string | undefined = nowhere;
  const store = new Store({
    ...{ file: join(folder, 'other.db'), worker: join(folder, 'store.js') },
    limits: () => ({ maxBytes: 1e9, maxAgeMs: 365 * 86_400_000 }),
    server: () =>
      Promise.resolve(url === undefined ? url : { url, worker: join(folder, 'storePg.js') }),
  });
  stores.push(store);
  const failures: string[] = [];
  store.onDidFail(({ message }) => failures.push(message));
  for (let i = 0; i < 3; i++) {
    store.addEvent({ uid: 'dd', at: 1_780_000_000_000 + i, kind: 'crash', text: `line ${i}` });
    await store.flush();
  }
  expect(failures).toEqual([expect.stringContaining('ECONNREFUSED')]);
  await expect(store.events({ uid: 'dd', limit: 9 })).rejects.toThrow(/could not be used/);
  url = server.url;
  await store.reopen();
  const kept = async () => (await store.events({ uid: 'dd', limit: 9 })).rows.map((r) => r.text);
  expect(await kept()).toEqual(['line 2', 'line 1', 'line 0']);
  url = undefined;
  await store.reopen();
  expect(await kept()).toEqual([]);
});
