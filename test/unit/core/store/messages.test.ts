import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { Database } from 'node-sqlite3-wasm';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { forNode } from '../../../../scripts/programs.mjs';
import type { AgentControl } from '../../../../src/core/agent/agentControl';
import { AppCommands, MessageCollector } from '../../../../src/core/apps';
import type { MessageBatch } from '../../../../src/core/agent/messageBatch';
import type { AppMessages, Broker, BrokerState } from '../../../../src/core/broker/broker';
import { ConnectionLostError } from '../../../../src/core/errors';
import { Emitter } from '../../../../src/core/events';
import { silentLog } from '../../../../src/core/log';
import { Store, StoreError, type MessageRow } from '../../../../src/core/store';
import { removeTempDir, root, tempDir } from '../../../lab/paths.mjs';

let folder: string;
let worker: string;

beforeAll(async () => {
  folder = tempDir('store-messages');
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
  onTestFinished(() => store.close());
  return { file, store };
}

const row = (seq: number, at = 1_000 + seq, uid = 'aa') => ({
  ...{ uid, boot: 'b1', seq, at, app: 'env', data: `{"n":${seq}}` },
});

test('a message is stored once, in the order of the board, with the number of dropped ones', async () => {
  const { store } = start('once');
  await store.addMessages([row(1), row(2)], [{ uid: 'aa', boot: 'b1', dropped: 1, start: 77 }]);
  // The first is written at once, the others together.
  await Promise.all([
    store.addMessages([row(2), row(3)], [{ uid: 'aa', boot: 'b1', dropped: 4 }]),
    store.addMessages([row(3)], [{ uid: 'aa', boot: 'b1', dropped: 2 }]),
  ]);
  await store.addMessages([row(1, 1_500, 'bb')], [{ uid: 'bb', boot: 'b1', dropped: 0 }]);
  const all = await store.messages({ uids: ['aa'], limit: 10 });
  expect(all).toMatchObject({ rows: [row(1), row(2), row(3)], dropped: 4 });
  expect(await store.knownSource('aa', 'b1')).toEqual({ last: 3, start: 77 });
  expect(await store.knownSource('aa', 'b2')).toEqual({ last: 0 });
  const page = await store.messages({ from: 1_002, to: 1_500, limit: 1 });
  expect(page).toMatchObject({ rows: [row(2)], next: 1 });
  expect((await store.messages({ after: 1, from: 1_002, to: 1_500, limit: 1 })).rows).toEqual([
    row(3),
  ]);
  expect((await store.messages({ latest: true, limit: 2 })).rows.map((r) => r.uid)).toEqual([
    ...['aa', 'bb'],
  ]);
  expect((await store.messages({ text: '"N":2', limit: 9 })).rows).toEqual([row(2)]);
});

test('a history of the previous version gets the new tables and keeps its rows', async () => {
  const first = start('older');
  first.store.addEvent({ uid: 'aa', at: Date.now(), kind: 'crash', text: 'old' });
  await first.store.close();
  const db = new Database(first.file);
  db.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL');
  for (const table of ['app_messages', 'app_sources', 'app_commands'])
    db.exec(`DROP TABLE ${table}`);
  db.exec('ALTER TABLE telemetry DROP COLUMN battery; PRAGMA user_version = 1');
  db.close();
  const second = start('older').store;
  await second.addMessages([row(1)], []);
  expect((await second.events({ limit: 5 })).rows).toMatchObject([{ text: 'old' }]);
  expect((await second.messages({ limit: 5 })).rows).toEqual([row(1)]);
});

function batch(first: number, count: number, boot = 'b1'): MessageBatch {
  const records = Array.from({ length: count }, (_, i) => ({
    ...{ seq: first + i, ms: (first + i) * 100, kind: 'data' as const, data: { n: first + i } },
  }));
  return {
    ...{ boot, app: 'env', version: '1', first, records, uptime: 1_000, unix: 0, dropped: 0 },
  };
}

/** A board's agent that has the messages 1 to `last`, three to a batch. */
function agent(last: number): AgentControl {
  const messagesFrom = (seq: number) =>
    Promise.resolve(batch(seq, Math.max(0, Math.min(3, last - seq + 1))));
  return { messagesFrom } as unknown as AgentControl;
}

test('missing messages before a new one are fetched from the board, and come first', async () => {
  const { store } = start('gaps');
  const came = new Emitter<AppMessages>();
  const broker = { onAppMessages: came.event, profile: { id: 'x' } } as unknown as Broker;
  const hub = { all: [broker], onDidChange: new Emitter<undefined>().event, agent: () => agent(9) };
  const collector = new MessageCollector(hub, store, silentLog, { now: () => 50_000 });
  onTestFinished(() => collector.dispose());
  const stored: string[] = [];
  const enough = new Promise<void>((resolve) => {
    collector.onDidStore((rows) => {
      stored.push(...rows.map((r) => `${r.seq}@${r.at}`));
      if (rows.some((r) => r.seq === 12)) resolve();
    });
  });
  came.fire({ uid: 'aa', batch: batch(2, 1) });
  came.fire({ uid: 'aa', batch: batch(2, 1) }); // the broker repeats it
  came.fire({ uid: 'aa', batch: batch(10, 3) });
  await enough;
  expect(stored).toEqual(Array.from({ length: 12 }, (_, i) => `${i + 1}@${49_100 + i * 100}`));
  expect((await store.messages({ limit: 100 })).rows).toHaveLength(12);
});

test('a failed write is retried, and a board that did not answer is asked again for missing messages', async () => {
  const came = new Emitter<AppMessages>();
  const state = new Emitter<BrokerState>().event;
  const broker = {
    ...{ onAppMessages: came.event, onDidChangeState: state, profile: { id: 'x' } },
  } as unknown as Broker;
  let answers = false;
  const control = {
    messagesFrom: (seq: number) =>
      answers ? agent(4).messagesFrom(seq) : Promise.reject(new ConnectionLostError('gone')),
  } as unknown as AgentControl;
  const hub = { all: [broker], onDidChange: new Emitter<undefined>().event, agent: () => control };
  const kept: number[] = [];
  let failures = 2;
  const store = {
    knownSource: () => Promise.resolve({ last: 0 }),
    addMessages: (rows: readonly MessageRow[]) => {
      if (failures-- > 0) return Promise.reject(new StoreError(new Error('restarting')));
      kept.push(...rows.map((r) => r.seq));
      return Promise.resolve();
    },
  } as unknown as Store;
  const clock = {
    now: () => 0,
    after: (_ms: number, action: () => void) => {
      queueMicrotask(action);
      return { dispose: () => undefined };
    },
  };
  const collector = new MessageCollector(hub, store, silentLog, { clock });
  onTestFinished(() => collector.dispose());
  came.fire({ uid: 'aa', batch: batch(3, 1) });
  await collector.idle();
  expect(kept).toEqual([3]);
  answers = true;
  came.fire({ uid: 'aa', batch: batch(4, 1) });
  await collector.idle();
  expect(kept).toEqual([3, 1, 2, 3, 4, 4]);
});

test('a message to an app has a state until it is answered, has failed or has expired', async () => {
  const { store } = start('commands');
  let now = 1_000;
  const commands = new AppCommands(store, () => now);
  const asked: string[] = [];
  let answer: () => Record<string, unknown> = () => ({ st: 'delivered', r: null });
  let boot = 'b1';
  const control = {
    get birth() {
      return { boot };
    },
    askApp: ({ t }: { t: string }) => {
      asked.push(t);
      return Promise.resolve(answer());
    },
  } as unknown as AgentControl;
  const away = await commands.send('aa', 'one', undefined);
  expect(away.state).toBe('queued');
  await commands.deliver('aa', control);
  expect(await commands.look(away.id, undefined)).toMatchObject({ state: 'delivered', boot: 'b1' });
  const record = { seq: 1, ms: 1, kind: 'reply' as const, to: away.id, reply: 'fine' };
  await commands.replied({ uid: 'bb', record }); // another board cannot answer it
  await commands.replied({ uid: 'aa', record });
  expect(await commands.look(away.id, control)).toMatchObject({ state: 'done', reply: 'fine' });
  expect(asked).toEqual(['one']);

  const lost = await commands.send('aa', 'two', control);
  boot = 'b2';
  expect(await commands.look(lost.id, control)).toMatchObject({ state: 'failed' });

  answer = () => {
    throw new ConnectionLostError('gone');
  };
  expect((await commands.send('aa', 'three', control)).state).toBe('sent');
  const late = await commands.send('aa', 'four', undefined, { lifeMs: 10 });
  now = 2_000;
  expect(await commands.look(late.id, control)).toMatchObject({ state: 'expired' });
  await expect(commands.send('aa', '', control)).rejects.toThrow(/1 to 1000 characters/);
});
