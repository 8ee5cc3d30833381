import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { Gone } from '../../../src/core/agent';
import { awaitedLater, Deferred } from '../../../src/core/async';
import { Board } from '../../../src/core/board/board';
import { PresenceSource } from '../../../src/transports/mqtt/presenceSource';
import { fakeWorld } from '../../unit/rig/fakeBoard';
import { AppFar, makeApp, until } from '../rig/appRig';
import { linkTo } from '../rig/mqttRig';

/** Counts the packets between a board and its broker. While it is cut, the board cannot connect. */
class Relay {
  bytes = 0;
  /** Number of times that the board had to wait for an answer. */
  turns = 0;
  cut = false;
  #server: Server | undefined;
  #toBroker = false;
  readonly #sockets = new Set<Socket>();

  async start(port: number): Promise<number> {
    const server = createServer((board) => {
      if (this.cut) return board.destroy();
      const broker = connect(port, '127.0.0.1');
      this.#join(board, broker, true);
      this.#join(broker, board, false);
    });
    this.#server = server;
    const listening = new Deferred<undefined>();
    server.listen(0, '127.0.0.1', () => listening.resolve(undefined));
    await listening.promise;
    return (server.address() as AddressInfo).port;
  }

  reset(): void {
    this.bytes = this.turns = 0;
    this.#toBroker = false;
  }

  /** Closes all connections, and accepts no new ones. */
  hangUp(): void {
    this.cut = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  stop(): void {
    this.hangUp();
    this.#server?.close();
  }

  #join(from: Socket, to: Socket, toBroker: boolean): void {
    this.#sockets.add(from);
    from.on('data', (chunk: Buffer) => {
      this.bytes += chunk.length;
      if (this.#toBroker && !toBroker) this.turns++;
      this.#toBroker = toBroker;
      to.write(chunk);
    });
    from.on('close', () => to.destroy());
    from.on('error', () => to.destroy());
  }
}

const relay = new Relay();
let far: AppFar;
const farewells: Gone[] = [];
beforeAll(async () => {
  far = await AppFar.start({}, {}, (port) => relay.start(port));
  far.far.broker.onPresence(({ uid, state }) => {
    if (uid === far.far.board.uid && !state.on) farewells.push(state);
  });
});
afterAll(async () => {
  await far.stop();
  relay.stop();
});

/** Resolves the next time the board announces its sleep. */
async function asleep(): Promise<Gone> {
  const count = farewells.length;
  await until(far.far.broker.onPresence, () => farewells.slice(count).some((g) => g.sleep));
  return farewells.at(-1) ?? { on: false, boot: '', why: '' };
}

const awake = () => until(far.far.broker.onPresence, () => far.control.birth !== undefined);

const TASKS = `class WorkerTask:
    def call(self):
        return {"t": 21}
class ManagementTask:
    def call(self, message):
        return message and message.upper()
`;

it('sleeps between two rounds, says for how long, and a wake costs few bytes and round trips', async () => {
  const app = await makeApp(
    { name: 'logger', sleep: 1, wake: 0, trial: 300, management: 1 },
    { 'main.py': TASKS },
  );
  await far.deploy(app);
  expect((await asleep()).sleep?.seconds).toBe(1);
  // A whole round confirms the version, and no sleep counts as a crash.
  await far.event('app', 'confirmed');
  relay.reset();
  await asleep();
  const { bytes, turns } = relay;
  process.stdout.write(`A wake: ${turns} round trips, ${bytes} bytes\n`);
  expect(turns).toBeLessThanOrEqual(10);
  expect(bytes).toBeLessThanOrEqual(4_000);
  for (let i = 0; i < 2; i++) await asleep();
  expect(new Set(far.batches.map((b) => b.boot)).size).toBeGreaterThanOrEqual(4);
  for (const { records } of far.batches)
    expect(records).toMatchObject([{ seq: 1, data: { t: 21 } }]);
});

it('stays awake until a computer is done, and as long as a computer asks for', async () => {
  await awake();
  const { birth } = far.control;
  expect(birth).toMatchObject({
    safe: false,
    app: { onTrial: false, fellBack: false, sleeps: true },
  });
  expect(await far.control.askApp({ a: 'msg', id: 'm1', t: 'hello' })).toMatchObject({
    st: 'delivered',
  });
  const link = linkTo(far.far);
  await link.open(AbortSignal.timeout(20_000));
  const steps = await link.withSession(async (session) => {
    // Longer than the silence after which the board sleeps: running code keeps it awake.
    await session.exec('import time\ntime.sleep(4)', {});
    return session.exec('print(6 * 7)', {});
  });
  expect(Buffer.from(steps).toString().trim()).toBe('42');
  expect(far.control.birth?.boot).toBe(birth?.boot);
  const reply = () => far.batches.flatMap((b) => b.records).find((r) => r.kind === 'reply');
  await until(far.far.broker.onAppMessages, () => reply() !== undefined);
  expect(reply()).toMatchObject({ to: 'm1', reply: 'HELLO' });
  expect(await far.control.askApp({ a: 'awake', s: 300 })).toMatchObject({ app: 'logger' });
  await link.withSession((session) => session.exec('import time\ntime.sleep(4)', {}));
  expect(await far.control.askApp({ a: 'awake', s: 0 })).toMatchObject({ app: 'logger' });
  await asleep();
});

it('sleeps just as early with a window connected, which opens no session while nothing waits', async () => {
  let opened = 0;
  const { services } = fakeWorld({});
  const openTransport = () => {
    opened++;
    return Promise.resolve(linkTo(far.far));
  };
  const board = new Board('b', { ...services, openTransport }, { name: () => 'logger' });
  const source = new PresenceSource(far.far.broker);
  source.onDidChange(() =>
    board.setLinks(source.found.map((found) => ({ found, present: found.online !== false }))),
  );
  source.start();
  // At the end of a wake there is no time for a session.
  const wakesUp = async () => {
    await until(source.onDidChange, () => !board.present);
    await until(source.onDidChange, () => board.present);
  };
  try {
    await wakesUp();
    expect(
      Buffer.from(await board.exec('print(6 * 7)'))
        .toString()
        .trim(),
    ).toBe('42');
    await asleep();
    const wakes: { ms: number; turns: number; bytes: number }[] = [];
    while (wakes.length < 3) {
      relay.reset();
      await awake();
      const since = Date.now();
      await asleep();
      wakes.push({ ms: Date.now() - since, turns: relay.turns, bytes: relay.bytes });
    }
    process.stdout.write(`Wakes with a window: ${JSON.stringify(wakes)}\n`);
    expect(opened).toBe(1);
    for (const { turns } of wakes) expect(turns).toBeLessThanOrEqual(10);
    // Work opens the link itself, as soon as the board is online.
    await wakesUp();
    await board.exec('print(1)');
    expect(opened).toBe(2);
    await asleep();
  } finally {
    source.dispose();
    await board.dispose();
  }
});

it('keeps a message over a sleep without a broker, with the time at which it was sent', async () => {
  await awake();
  relay.hangUp();
  const cutAt = Date.now();
  await vi.waitFor(
    async () => expect(Object.keys(await far.far.board.files())).toContain('/fleet/kept.txt'),
    { timeout: 60_000, interval: 500 },
  );
  const keptAt = Date.now();
  const count = far.batches.length;
  relay.cut = false;
  const found = () =>
    far.batches.slice(count).find(({ records }) => records.some(({ ms }) => ms < 0));
  await until(far.far.broker.onAppMessages, () => found() !== undefined);
  const batch = found();
  if (!batch) throw new Error('unreachable: awaited above');
  // The kept message first, then the one of this round.
  expect(batch.records.map((r) => r.seq)).toEqual(batch.records.map((_, i) => i + 1));
  const [ms = 0] = batch.records.map((r) => r.ms);
  const sent = batch.unix * 1_000 - batch.uptime + ms;
  // The clocks of a board have whole seconds.
  expect(sent).toBeGreaterThan(cutAt - 3_000);
  expect(sent).toBeLessThan(keptAt + 3_000);
  await asleep();
  expect(Object.keys(await far.far.board.files())).not.toContain('/fleet/kept.txt');
});

it('sleeps without a broker although the answer to a computer cannot be delivered', async () => {
  await awake();
  const link = linkTo(far.far);
  await link.open(AbortSignal.timeout(20_000));
  const says = new Deferred<undefined>();
  const run = link.withSession((session) =>
    session.exec('import time\nprint(1)\ntime.sleep(2)\nprint("x" * 3000)', {
      onStdout: () => says.resolve(undefined),
    }),
  );
  awaitedLater(run); // the link is cut before the code ends
  await says.promise;
  relay.hangUp();
  await vi.waitFor(
    async () => expect(Object.keys(await far.far.board.files())).toContain('/fleet/kept.txt'),
    { timeout: 60_000, interval: 500 },
  );
  relay.cut = false;
  await asleep();
  await link.close();
  await expect(run).rejects.toThrow();
}, 150_000);
