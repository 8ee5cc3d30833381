import { connect as connectTcp, createServer, type Socket } from 'node:net';
import { connectAsync, type MqttClient } from 'mqtt';
import { afterEach, describe, expect, it } from 'vitest';
import { boardLogin } from '../../../../src/core/broker/boardLogin';
import type { LocalBrokerOptions } from '../../../../src/core/broker/localBroker';
import { silentLog } from '../../../../src/core/log';
import { LocalBroker } from '../../../../src/transports/mqtt/localBroker';
import { PacketScanner } from '../../../../src/transports/mqtt/localBrokerGuard';
import { FakeClock } from '../../rig/fakeAgent';

const SECRET = 'the secret of this test';
const [MINE, OTHER] = ['aa01', 'bb02'];
const COMPUTER = { username: 'computer', password: 'of the computer' };

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function start(more: Partial<LocalBrokerOptions> = {}, clock?: FakeClock) {
  const warned: string[] = [];
  const broker = new LocalBroker(
    { ...silentLog, warn: (text: string) => warned.push(text) },
    clock,
  );
  const status = await broker.start({
    port: 0,
    ...COMPUTER,
    boardSecret: SECRET,
    lan: false,
    ...more,
  });
  if (!status.running) throw new Error('it does not run');
  ends.push(() => broker.stop());
  return { broker, port: status.port, url: status.url, warned };
}

async function client(
  url: string,
  clientId: string,
  login: { username: string; password: string },
) {
  const made = await connectAsync(url, {
    ...{ clientId, ...login, protocolVersion: 4, reconnectPeriod: 0, resubscribe: false },
  });
  ends.push(() => made.endAsync(true));
  return made;
}

const board = (url: string, uid: string, login = boardLogin(SECRET, uid)) =>
  client(url, `mpy-${uid}`, login);
const computer = (url: string, id = 'window') => client(url, id, COMPUTER);

/** Resolves when the broker has closed the connection. */
const closed = (socket: Socket) =>
  new Promise<void>((resolve) => socket.once('close', () => resolve()));
const granted = async (from: MqttClient, filter: string) =>
  (await from.subscribeAsync(filter, { qos: 1 }).catch(() => [{ qos: 128 }]))[0]?.qos !== 128;

describe("the embedded broker's logins", () => {
  it('give each board its own topics, and the computer all', async () => {
    const { url } = await start();
    const host = await computer(url);
    const heard: string[] = [];
    host.on('message', (topic) => heard.push(topic));
    await host.subscribeAsync('mpy/#', { qos: 1 });
    const mine = await board(url, MINE);
    for (const leaf of ['r/x', 'log', 'tm', 'ev', 'wd'])
      await mine.publishAsync(`mpy/${MINE}/${leaf}`, 'x', { qos: 1 });
    for (const leaf of ['st', 'cfgr']) {
      await mine.publishAsync(`mpy/${MINE}/${leaf}`, 'x', { qos: 1, retain: true });
    }
    await expect.poll(() => heard).toHaveLength(7);
    for (const filter of ['c/+', 'cfg', 'wd'])
      expect(await granted(mine, `mpy/${MINE}/${filter}`)).toBe(true);
    for (const filter of ['mpy/all/c/+', 'mpy/g/lab/c/+'])
      expect(await granted(mine, filter)).toBe(true);
    const refused = [
      '#',
      '+/#',
      `mpy/+/c/+`,
      `mpy/${OTHER}/c/+`,
      'mpy/+/r/+',
      `mpy/${MINE}/r/+`,
      'mpy/+/st',
      '$SYS/#',
    ];
    for (const filter of refused)
      expect([filter, await granted(mine, filter)]).toEqual([filter, false]);
  });

  it.each([
    [`mpy/${OTHER}/st`, true],
    [`mpy/${OTHER}/ev`, false],
    [`mpy/${OTHER}/wd`, false],
    [`mpy/${OTHER}/cfg`, true],
    [`mpy/${MINE}/cfg`, true],
    [`mpy/${MINE}/c/x`, false],
    ['mpy/all/c/x', false],
    ['mpy/g/lab/c/x', false],
    [`mpy/${MINE}/r/${'x'.repeat(20)}`, true],
    ['other/topic', false],
    [`mpy/${MINE}/st/more`, false],
  ])('let no board publish %s (retained: %s)', async (topic, retain) => {
    const { url } = await start();
    const host = await computer(url);
    const heard: string[] = [];
    host.on('message', (t) => heard.push(t));
    await host.subscribeAsync('#', { qos: 1 });
    const mine = await board(url, MINE);
    // It is acknowledged and dropped: without its connection, the whole board would be unreachable.
    await mine.publishAsync(topic, 'forged', { qos: 1, retain });
    await mine.publishAsync(`mpy/${MINE}/ev`, 'x', { qos: 1 });
    await expect.poll(() => heard).toEqual([`mpy/${MINE}/ev`]);
    const later = await computer(url, 'later');
    later.on('message', (t) => heard.push(t));
    await later.subscribeAsync('#', { qos: 1 });
    await host.publishAsync('mpy/last', 'x', { qos: 1 });
    await expect.poll(() => heard.slice(1)).toEqual(['mpy/last', 'mpy/last']);
  });

  it.each([
    ["another board's client id", `mpy-${OTHER}`, boardLogin(SECRET, MINE)],
    ["a computer's client id", 'window', boardLogin(SECRET, MINE)],
    ["the computer's login as a board", `mpy-${MINE}`, COMPUTER],
    ['a wrong password', 'x', { ...COMPUTER, password: 'wrong' }],
    [
      "the secret itself as a board's password",
      `mpy-${MINE}`,
      { username: MINE, password: SECRET },
    ],
    ['no user', 'x', { username: '', password: '' }],
    ['a name of every object', 'x', { username: '__proto__', password: 'x' }],
  ])('refuse %s', async (_name, id, login) => {
    const { url } = await start();
    await computer(url);
    await expect(client(url, id, login)).rejects.toThrow(/refused/i);
  });

  it('accept the common login of earlier versions, each board for its own topics, until it has its own login', async () => {
    const own = new Set<string>();
    const common = {
      username: 'fleet',
      password: 'everybody',
      isRetired: (uid: string) => own.has(uid),
    };
    const { url } = await start({ common, onOwnLogin: (uid) => own.add(uid) });
    const old = await board(url, MINE, common);
    expect(await granted(old, `mpy/${MINE}/c/+`)).toBe(true);
    expect(await granted(old, `mpy/${OTHER}/c/+`)).toBe(false);
    await expect(client(url, 'window', common)).rejects.toThrow(/refused/i);
    await board(url, MINE);
    await expect(board(url, MINE, common)).rejects.toThrow(/refused/i);
    await board(url, OTHER, common);
  });

  it('keep neither session nor messages of a client that is away', async () => {
    const { url } = await start();
    const options = {
      clientId: 'w',
      ...COMPUTER,
      protocolVersion: 4,
      clean: false,
      reconnectPeriod: 0,
    } as const;
    const first = await connectAsync(url, options);
    await first.subscribeAsync('mpy/x', { qos: 1 });
    await first.endAsync();
    const host = await computer(url);
    await host.publishAsync('mpy/x', 'kept?', { qos: 1 });
    const again = await connectAsync(url, options);
    ends.push(() => again.endAsync(true));
    const heard: string[] = [];
    again.on('message', (topic) => heard.push(topic));
    await again.subscribeAsync('mpy/y', { qos: 1 });
    await host.publishAsync('mpy/y', 'x', { qos: 1 });
    await expect.poll(() => heard).toEqual(['mpy/y']);
  });

  it('keep a bounded number of messages', async () => {
    const { url } = await start();
    const host = await computer(url);
    const gone = new Promise<void>((resolve) => host.once('close', () => resolve()));
    for (let i = 0; i <= 10_000; i++) host.publish(`mpy/r${i}`, 'x', { qos: 0, retain: true });
    await gone;
    await computer(url, 'next');
  });
});

describe("the embedded broker's port under fire", () => {
  it('closes connections that promise or send too much before their login', async () => {
    const { port, warned } = await start();
    const before = process.memoryUsage().rss;
    const sockets = Array.from({ length: 15 }, () => connectTcp(port, '127.0.0.1'));
    await Promise.all(
      sockets.map(async (socket, i) => {
        socket.on('error', () => undefined);
        const ended = closed(socket);
        // A packet that announces the largest length of MQTT, or small packets without end.
        socket.write(Buffer.from(i % 2 ? [0x10, 0xff, 0xff, 0xff, 0x7f] : [0x10, 0x80, 0x40]));
        const block = Buffer.alloc(1 << 20);
        const more = () => {
          if (!socket.destroyed) socket.write(block, more);
        };
        more();
        await ended;
      }),
    );
    expect(process.memoryUsage().rss - before).toBeLessThan(64 << 20);
    expect(warned.filter((w) => w.includes('closed'))).toHaveLength(15);
  });

  it('closes a client that promises a packet of 256 MB after its login', async () => {
    const { url } = await start();
    const host = await computer(url);
    const gone = new Promise<void>((resolve) => host.once('close', () => resolve()));
    host.stream.write(Buffer.from([0x30, 0xff, 0xff, 0xff, 0x7f]));
    await gone;
  });

  it('turns silent connections away beyond twenty of one address, and lets a board in meanwhile', async () => {
    const { port, url, warned } = await start();
    const host = await computer(url);
    let gone = 0;
    const sockets = await Promise.all(
      Array.from({ length: 300 }, async () => {
        const socket = connectTcp({ port, host: '127.0.0.1', localAddress: '127.0.0.2' });
        socket.on('error', () => undefined);
        socket.once('close', () => gone++);
        await new Promise((resolve) => socket.once('connect', resolve));
        return socket;
      }),
    );
    await expect.poll(() => gone).toBe(280);
    expect(host.connected).toBe(true);
    expect(warned.length).toBeLessThan(10);
    await board(url, MINE);
    for (const socket of sockets) socket.destroy();
  });

  it('logs wrong logins and delays repeated guesses more and more', async () => {
    const clock = new FakeClock();
    const { url, warned } = await start({}, clock);
    for (let i = 0; i < 5; i++) {
      await expect(
        client(url, 'x', { username: 'computer', password: `guess ${i}` }),
      ).rejects.toThrow();
    }
    let answered = false;
    const sixth = client(url, 'x', { username: 'computer', password: 'guess' }).catch(
      () => (answered = true),
    );
    await expect.poll(() => clock.pending).toBeGreaterThan(0);
    expect(answered).toBe(false);
    await clock.pass(500);
    await sixth;
    expect(answered).toBe(true);
    expect(warned.filter((w) => w.includes('refused'))).toHaveLength(5);
    expect(warned.join()).not.toContain('guess');
    await computer(url); // anyone who knows the password does not wait
  });

  it('proves its identity to a window, and reveals nothing to a foreign program', async () => {
    const { broker, port } = await start({ provesSecret: true });
    expect(await broker.isOurs(port, SECRET, false)).toBe(true);
    const silent = await start(); // its secret may be a password that someone chose
    expect(await broker.isOurs(silent.port, SECRET, false)).toBe(false);
    expect(await broker.isOurs(port, 'another secret', false)).toBe(false);
    const heard: Buffer[] = [];
    const stranger = createServer((socket) => {
      // Passes the question on to the real broker, and its answer back.
      const real = connectTcp(port, '127.0.0.1');
      socket.on('data', (chunk) => (heard.push(chunk), real.write(chunk)));
      real.on('data', (chunk) => socket.write(chunk));
      for (const s of [socket, real]) s.on('error', () => undefined);
    });
    await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve));
    ends.push(() => stranger.close());
    const address = stranger.address();
    const at = typeof address === 'object' && address ? address.port : 0;
    expect(await broker.isOurs(at, SECRET, false)).toBe(false);
    expect(Buffer.concat(heard).toString('latin1')).not.toContain(SECRET);
    await new Promise<void>((resolve) => stranger.close(() => resolve()));
    expect(await broker.isOurs(at, SECRET, false)).toBe(false);
  });
});

describe('the headers of packets', () => {
  const scan = (bytes: number[], piece = bytes.length) => {
    const scanner = new PacketScanner();
    scanner.loggedIn();
    for (let at = 0; at < bytes.length; at += piece) {
      const problem = scanner.take(Uint8Array.from(bytes.slice(at, at + piece)));
      if (problem) return problem;
    }
    return 'fine';
  };
  const packets = [
    0x30,
    3,
    1,
    2,
    3,
    0xc0,
    0,
    0x32,
    0x80,
    1,
    ...new Array<number>(128).fill(0xff),
    0xe0,
    0,
  ];

  it.each([1, 2, 3, 7, 200])('are followed in pieces of %s bytes', (piece) => {
    expect(scan(packets, piece)).toBe('fine');
    expect(scan([...packets, 0x30, 0x80, 0x80, 0x10], piece)).toMatch(/bytes or more/);
    expect(scan([...packets, 0x30, 0x80, 0x80, 0x80, 0x80], piece)).toMatch(/proper length/);
  });
});
