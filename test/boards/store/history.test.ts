import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { forNode } from '../../../scripts/programs.mjs';
import { auditedControl } from '../../../src/core/audit/auditedControl';
import { Operations } from '../../../src/core/audit/operations';
import { recordBoards, Store } from '../../../src/core/store';
import { pollUntil, root, startMosquitto, tempDir } from '../../lab/index.mjs';
import { ADMIN_KEY } from '../rig/agent/board';
import { BuiltCli } from '../rig/cliRig';
import { composeFleet } from '../rig/fleetRig';
import { startFar, type MqttFar } from '../rig/mqttRig';

const APP = `
import time
raise ValueError('hunter2 is the password')
`;
/** A module that the agent starts. */
const HEATER = `
import logging
def start(mqtt, config):
    logging.getLogger('heater').warning('is hot')
    logging.getLogger('heater').info('is warm')
`;

let broker: Awaited<ReturnType<typeof startMosquitto>>;
let far: MqttFar;
let store: Store;
let dir: string;
let recording: { dispose(): void };

beforeAll(async () => {
  dir = tempDir('history');
  broker = await startMosquitto({ config: ['set_tcp_nodelay true'] });
  const worker = join(dir, 'store.js');
  await build({ ...forNode, entryPoints: ['src/core/store/storeWorker.ts'], outfile: worker });
  const wasm = 'node-sqlite3-wasm.wasm';
  cpSync(join(root, 'node_modules/node-sqlite3-wasm/dist', wasm), join(dir, wasm));
  const limits = () => ({ maxBytes: 1e9, maxAgeMs: 86_400_000 });
  store = new Store({ file: join(dir, 'history.db'), worker, limits });
  far = await startFar(
    { url: broker.url },
    {
      broker: { host: '127.0.0.1', port: broker.port },
      config: { tm: 1 },
      files: { '/app.py': APP, '/heater.py': HEATER },
    },
  );
  recording = recordBoards(far.brokers, store, { level: () => 'W' });
});
afterAll(async () => {
  recording.dispose();
  await store.close();
  await far.stop();
  await broker.stop();
});

/** Returns kinds and texts of the board's entries in the history, the oldest first. */
async function kept(): Promise<string[]> {
  const { rows } = await store.events({ uid: far.board.uid, limit: 1000 });
  return rows.map((row) => `${row.kind} ${row.text}`).reverse();
}

describe('the history of a board behind a broker', () => {
  it('contains its measurements', async () => {
    const period = { from: Date.now() - 60_000, to: Date.now() + 60_000 };
    const query = { uid: far.board.uid, metric: 'memoryFree', points: 1, ...period } as const;
    const measured = async () => ((await store.series(query))[0]?.count ?? 0) >= 2;
    expect(await pollUntil(measured, 20_000)).toBe(true);
    expect((await store.series(query))[0]?.least).toBeGreaterThan(10_000);
  });

  it('contains its crash, its warnings and its restart, and no lower level', async () => {
    const { uid } = far.board;
    const control = far.brokers.agent('b', uid);
    const told: string[] = [];
    const audited = control && auditedControl(control, (what) => told.push(what));
    await audited?.configure({ app: '/app.py', modules: { heater: {} } });
    await audited?.restart({ mode: 'hard' });
    // A crash is an event, which is sent at once; log records are sent in batches.
    const isComplete = async () => {
      const lines = await kept();
      const has = (kind: string) => lines.some((line) => line.startsWith(kind));
      return has('crash ') && has('start ') && lines.includes('log:W heater: is hot');
    };
    expect(await pollUntil(isComplete, 30_000)).toBe(true);
    const lines = await kept();
    expect(lines.find((line) => line.startsWith('crash '))).toContain('File "/app.py", line 3');
    expect(lines.join('\n')).not.toContain('is warm');
    expect(told).toEqual(['Changing the configuration: app, modules', 'Restarting']);
  });

  it('can be searched by text', async () => {
    const { rows } = await store.events({ text: 'VALUEERROR', limit: 10 });
    expect(rows[0]).toMatchObject({ uid: far.board.uid, kind: 'crash' });
  });

  it("lists the window's operations on the board, without their output", async () => {
    const operations = new Operations({
      origin: 'window',
      record: (entry) => store.addAudit(entry),
    });
    const { fleet } = composeFleet({
      openTransport: (address) =>
        address.kind === 'mqtt'
          ? Promise.resolve(far.brokers.transport(address))
          : Promise.reject(new Error('the board is behind the broker only')),
      linkOrder: () => ['mqtt'],
      worked: (board, what, error, at) => operations.worked(board, what, error, at),
    });
    const source = far.brokers.source('b');
    if (source) fleet.addSource(source);
    const board = fleet.byUid(far.board.uid);
    if (!board) throw new Error('the board is not in the fleet');
    await operations.run('Upload to Board…', async () => {
      await board.files.write('/a.py', Buffer.from('x = 1'));
      await board.files.list('/');
    });
    await board.files.list('/'); // looks only
    const failing = operations.run('Run File', async () => {
      await board.exec('raise ValueError("hunter2")');
    });
    await expect(failing).rejects.toThrow();
    const { rows } = await store.audit({ limit: 10 });
    expect(rows.map(({ what, boards }) => [what, boards[0]?.status, boards[0]?.error])).toEqual([
      ['Run File: Running code', 'failed', 'python: ValueError'],
      ['Upload to Board: Writing /a.py', 'ok', undefined],
    ]);
    expect(JSON.stringify(rows)).not.toContain('hunter2');
    fleet.dispose();
  });
});

describe('mpyfleet audit', () => {
  it('lists operations of the shell by board, time, text and result, as text, JSON and table', async () => {
    const cli = await BuiltCli.build();
    const { uid } = far.board;
    const fleet = { brokers: { office: broker.url }, boards: { desk: `mqtt://office/${uid}` } };
    writeFileSync(join(dir, 'fleet.json'), JSON.stringify(fleet));
    writeFileSync(join(dir, 'keys.json'), JSON.stringify({ [uid]: ADMIN_KEY.toString('hex') }), {
      mode: 0o600,
    });
    writeFileSync(join(dir, 'main.txt'), 'hello');
    const env = { MPYFLEET_CONFIG: 'fleet.json', MPYFLEET_KEYS: 'keys.json' };
    const run = (...args: string[]) => cli.run(args, { cwd: dir, env });
    expect(await run('-b', 'desk', 'put', 'main.txt', ':')).toMatchObject({ status: 0, err: '' });
    await run('-b', 'desk', 'ls'); // looks only
    await run('-b', 'desk', 'exec', 'raise ValueError("hunter2")');
    await run('-b', 'desk', 'put'); // a mistake, not an operation
    const all = await run('audit', '--json');
    const entries = JSON.parse(all.out) as { what: string; boards: object[]; origin: string }[];
    expect(entries.map((e) => e.what)).toEqual(['exec', 'put main.txt :']);
    expect(entries[0]).toMatchObject({
      origin: 'shell',
      boards: [{ name: 'desk', status: 'failed', error: 'python: ValueError' }],
    });
    const text = await run('audit', '--result', 'ok', '--since', '1h', '-b', 'desk');
    expect(text.out).toMatch(
      /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d {2}\S+ {2}ok {2}\d+\.\d s {2}put main\.txt : {2}desk\n$/,
    );
    const table = await run('audit', 'ValueError', '--csv');
    expect(table.out.split('\r\n')[1]).toMatch(
      /,shell,exec,\d+\.\d,desk,[^,]*,failed,python: ValueError$/,
    );
    expect(await run('audit', '--until', '7d')).toMatchObject({
      out: '',
      err: 'Nothing was found.\n',
    });
    expect((await run('audit', '--since', 'yesterday')).status).not.toBe(0);
    expect(all.out + table.out).not.toContain('hunter2');
  });
});
