import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { copyFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { connectAsync } from 'mqtt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FleetJob } from '../../../src/core/many/fleetJob';
import { filterBoards, groupBoards } from '../../../src/core/many/grouping';
import { silentLog } from '../../../src/core/log';
import { foldResults } from '../../../src/core/many/results';
import { selectableBoard } from '../../../src/core/many/selectableBoard';
import { selectBoards } from '../../../src/core/many/selector';
import { MqttBrokers } from '../../../src/transports/mqttBrokers';
import { MqttGroups } from '../../../src/transports/mqtt/mqttGroups';
import { pollUntil, startMosquitto, startUboard, tempDir } from '../../lab/index.mjs';
import type { Uboard } from '../../lab/uboard.mjs';
import { ADMIN_KEY, startAgentBoard } from '../rig/agent/board';
import { composeFleet } from '../rig/fleetRig';
import { lossyWire } from '../rig/lossyWire';
import { overMqtt } from '../rig/mqttRig';

const REAL = 100;
const SIZE = 200_000; // of the file for all
const SIMULATED = 5_000;
const FILL_MS = 3_000; // the tree must be complete within this time
const KEEPALIVE_MS = 90_000; // after that, a broker gives up a silent board

let mosquitto: Awaited<ReturnType<typeof startMosquitto>>;
let uboards: Uboard[];
let meter: Awaited<ReturnType<typeof startMeter>>;
/** Between the broker and the boards. */
let lossy: Awaited<ReturnType<typeof lossyWire>>;
let brokers: MqttBrokers;
let rig: ReturnType<typeof composeFleet>;

/** A wire to the broker that counts what this computer sends. */
async function startMeter(port: number) {
  const meter = { sent: 0, port: 0, stop: () => server.close() };
  const server = createServer({ noDelay: true }, (near) => {
    const far = connect({ port, host: '127.0.0.1', noDelay: true });
    near.on('data', (chunk: Buffer) => (meter.sent += chunk.length));
    near.pipe(far).pipe(near);
    near.on('error', () => far.destroy());
    far.on('error', () => near.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  meter.port = (server.address() as AddressInfo).port;
  return meter;
}

/** Starts real boards with the agent. One is set up; the others start from copies of its flash. */
async function startAgents(count: number): Promise<Uboard[]> {
  const first = await startAgentBoard({
    name: 'a000',
    broker: { host: '127.0.0.1', port: lossy.port },
    config: { tags: ['real'] },
    sizeKib: 1024,
  });
  const image = join(tempDir('image'), 'flash.img');
  await first.kill();
  copyFileSync(first.flash, image);
  await first.stop();
  const boards: Uboard[] = [];
  const start = async (i: number) => {
    const flash = join(tempDir('flash'), 'flash.img');
    copyFileSync(image, flash);
    const name = `a${String(i).padStart(3, '0')}`;
    boards.push(await startUboard({ name, flash, sizeKib: 1024 }));
  };
  // A few at a time: if a hundred boot at once, each exceeds its time limit.
  for (let i = 0; i < count; i += 10) {
    await Promise.all(Array.from({ length: Math.min(10, count - i) }, (_, k) => start(i + k)));
  }
  return boards;
}

beforeAll(async () => {
  mosquitto = await startMosquitto({ config: ['set_tcp_nodelay true'] });
  meter = await startMeter(mosquitto.port);
  lossy = await lossyWire(mosquitto.port);
  uboards = await startAgents(REAL);
  brokers = new MqttBrokers(
    {
      password: () => Promise.resolve(undefined),
      boardKey: () => Promise.resolve({ role: 'admin', key: new Uint8Array(ADMIN_KEY) }),
    },
    silentLog,
  );
  rig = composeFleet({ openTransport: overMqtt(brokers) });
  const broker = brokers.set({
    id: 'office',
    name: 'office',
    url: `mqtt://127.0.0.1:${meter.port}`,
  });
  const source = brokers.source('office');
  if (!source) throw new Error('the broker has no boards');
  rig.fleet.addSource(source);
  await broker.connect();
  const all = () => Promise.resolve(rig.fleet.boards.filter((b) => b.present).length >= REAL);
  if (!(await pollUntil(all, 60_000))) {
    throw new Error(`only ${rig.fleet.boards.length} of ${REAL} boards have come`);
  }
});
afterAll(async () => {
  rig.fleet.dispose();
  brokers.dispose();
  await Promise.all(uboards.map((u) => u.stop()));
  meter.stop();
  lossy.stop();
  await mosquitto.stop();
});

const run = (boards = rig.fleet.boards) =>
  new FleetJob(
    { kind: 'exec', code: 'import time\ntime.sleep_ms(300)\nprint("done")', label: 'test' },
    boards,
    { stopPolicies: rig.stopPolicies, publisher: new MqttGroups(brokers) },
    { programs: 'leave', concurrency: REAL },
  );

describe(`${REAL} real boards behind one broker`, () => {
  it('all answer, and take at most three times as long as one, without their own time', async () => {
    const WORK_MS = 300;
    const timed = async (boards = rig.fleet.boards) => {
      const start = performance.now();
      const results = await run(boards).run();
      expect(foldResults(results)).toMatchObject([{ status: 'ok', output: 'done\n' }]);
      return performance.now() - start;
    };
    await timed(); // the first time each says hello
    const one = await timed(rig.fleet.boards.slice(0, 1));
    const many = await timed();
    console.log(`one board: ${one.toFixed(0)} ms, ${REAL} boards: ${many.toFixed(0)} ms`);
    expect(many).toBeLessThan(3 * one + WORK_MS);
  });

  it('get a file that was published once, and every hash is right', async () => {
    const results = await upload('/data.bin', new Uint8Array(randomBytes(20_000))).run();
    expect(results.filter((r) => r.status !== 'ok')).toEqual([]);
    const sums = await Promise.all(rig.fleet.boards.map((b) => b.files.hash(['/data.bin'])));
    expect(new Set(sums.flat()).size).toBe(1);
  });

  const upload = (path: string, content: Uint8Array) =>
    new FleetJob(
      { kind: 'upload', files: [{ path, content }], label: path },
      rig.fleet.boards,
      { stopPolicies: rig.stopPolicies, publisher: new MqttGroups(brokers) },
      { programs: 'leave', concurrency: REAL },
    );

  /** Sends a file to all. Three boards are killed midway, and only those fail. */
  async function pushWithDeaths(path: string): Promise<void> {
    const content = new Uint8Array(randomBytes(SIZE));
    const boards = rig.fleet.boards;
    const dead = uboards.slice(0, 3);
    const uids = dead.map((u) => Buffer.from(u.name).toString('hex'));
    const before = meter.sent;
    const running = upload(path, content).run();
    const midway = () => Promise.resolve(meter.sent - before > content.length / 2);
    expect(await pollUntil(midway, 60_000)).toBe(true);
    await Promise.all(dead.map((u) => u.kill()));
    const results = await running;
    lossy.share = 0;
    const failed = results.filter((r) => r.status !== 'ok');
    const gone = boards.filter((b) => uids.includes(b.uid ?? ''));
    expect(failed.map((r) => r.id).sort()).toEqual(gone.map((b) => b.id).sort());
    const left = boards.filter((b) => !gone.includes(b));
    const sums = await Promise.all(left.map((b) => b.files.hash([path])));
    expect(new Set(sums.flat())).toEqual(
      new Set([createHash('sha256').update(content).digest('hex')]),
    );
    await Promise.all(dead.map((u) => u.restart()));
    const back = () => Promise.resolve(boards.every((b) => b.present));
    expect(await pollUntil(back, KEEPALIVE_MS)).toBe(true);
  }

  it('cost the computer one file and a little for each', async () => {
    const content = new Uint8Array(randomBytes(SIZE));
    const before = meter.sent;
    const results = await upload('/big.bin', content).run();
    expect(results.filter((r) => r.status !== 'ok')).toEqual([]);
    const sent = meter.sent - before;
    console.log(`200 kB to ${REAL} boards: ${sent} bytes sent`);
    expect(sent).toBeLessThan(1.2 * SIZE + 1000 * REAL);
  }, 180_000);

  it('get the file, except the three that die, while one message in fifty is lost', async () => {
    lossy.share = 0.02;
    lossy.lost = 0;
    await pushWithDeaths('/lossy.bin');
    console.log(`${lossy.lost} messages were lost`);
    expect(lossy.lost).toBeGreaterThan(REAL);
  }, 240_000);

  it('are away once they have died, and the others answer', async () => {
    const dead = uboards.slice(0, 3);
    await Promise.all(dead.map((u) => u.kill()));
    const gone = rig.fleet.boards.filter((b) =>
      dead.some((d) => b.uid === Buffer.from(d.name).toString('hex')),
    );
    const away = () => Promise.resolve(gone.every((b) => !b.present));
    expect(await pollUntil(away, KEEPALIVE_MS)).toBe(true);
    const results = await run().run();
    expect(
      results
        .filter((r) => r.status !== 'ok')
        .map((r) => r.id)
        .sort(),
    ).toEqual(gone.map((b) => b.id).sort());
  });
});

describe(`${SIMULATED} presences on one broker`, () => {
  it('are in the fleet, grouped, filtered and selectable in time', async () => {
    const client = await connectAsync(mosquitto.url);
    for (let i = 0; i < SIMULATED; i++) {
      const birth = {
        on: 1,
        proto: 1,
        agent: '0.1.0',
        fw: '1.25.0',
        platform: i % 2 ? 'esp32' : 'rp2',
        name: `sim-${String(i).padStart(4, '0')}`,
        tags: [`hall${i % 7}`],
        boot: '9f03c2aa',
        nonce: '00'.repeat(16),
        mode: 'open',
        state: 'idle',
        mtu: 1024,
        win: 16,
        caps: [],
        free: 90000,
      };
      const uid = `5${String(i).padStart(11, '0')}`;
      await client.publishAsync(`mpy/${uid}/st`, JSON.stringify(birth), { retain: true, qos: 0 });
    }
    await client.endAsync();
    // Opens another window: everything is retained at the broker.
    const own = new MqttBrokers(
      { password: () => Promise.resolve(undefined), boardKey: () => Promise.resolve(undefined) },
      silentLog,
    );
    const fresh = composeFleet({ openTransport: overMqtt(own) });
    try {
      const broker = own.set({ id: 'big', name: 'big', url: mosquitto.url });
      const source = own.source('big');
      if (!source) throw new Error('the broker has no boards');
      let told = 0;
      fresh.fleet.onDidChangeList(() => told++);
      const start = performance.now();
      const before = process.cpuUsage();
      fresh.fleet.addSource(source);
      await broker.connect();
      const full = () => Promise.resolve(fresh.fleet.boards.length >= SIMULATED);
      expect(await pollUntil(full, 10 * FILL_MS)).toBe(true);
      const entries = fresh.fleet.boards.map((b) => selectableBoard(fresh.fleet, b));
      expect(groupBoards(entries, 'tag').length).toBeGreaterThanOrEqual(7);
      expect(filterBoards(entries, 'sim-0042')).toHaveLength(1);
      expect(selectBoards('sim-[0100-0199],-,platform:rp2', entries).boards).toHaveLength(50);
      const took = performance.now() - start;
      console.log(`${SIMULATED} boards in ${took.toFixed(0)} ms, told ${told} times`);
      // The clock also measures other work of the machine. The work itself must fit into the time.
      const cpu = process.cpuUsage(before);
      expect((cpu.user + cpu.system) / 1000).toBeLessThan(FILL_MS);
      expect(told).toBeLessThan(50);
    } finally {
      fresh.fleet.dispose();
      own.dispose();
    }
  });
});
