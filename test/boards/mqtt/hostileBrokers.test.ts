/**
 * The three documented brokers, each with a real board: what someone can do there with another
 * board's stolen login, or with a computer's login and no board's key.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { connectAsync, type MqttClient } from 'mqtt';
import { afterAll, beforeAll, describe, it, vi } from 'vitest';
import { makeFrame, encodeFrame, Op } from '../../../src/core/agent/agentProtocol';
import { boardLogin, type Login } from '../../../src/core/broker/boardLogin';
import { SessionFiles } from '../../../src/core/files/sessionFiles';
import { silentLog } from '../../../src/core/log';
import { LocalBroker } from '../../../src/transports/mqtt/localBroker';
import { freePort, startEjabberd, startMosquitto } from '../../lab/index.mjs';
import { HostileTable } from '../rig/hostileTable';
import {
  boardName,
  EJABBERD_RULES,
  HOST_USER,
  linkTo,
  MOSQUITTO_ACL,
  PASSWORD,
  startFar,
  type MqttFar,
} from '../rig/mqttRig';

const SECRET = 'the secret of this test';
/** Difference of host memory, after garbage collection, that other work of the test can explain. */
const FLAT = 30 << 20;
const uidOf = (name: string) => Buffer.from(name).toString('hex');

interface Rig {
  /** Port for computers. */
  readonly url: string;
  /** Port for boards. */
  readonly port: number;
  /** Login of a board, and of a computer. */
  readonly login: (user: string) => Login;
  stop(): Promise<void>;
}

const [BOARD, THIEF] = [boardName(), boardName()];

const brokers: Record<string, () => Promise<Rig>> = {
  'the embedded broker': async () => {
    const local = new LocalBroker(silentLog);
    const own = { username: HOST_USER, password: PASSWORD };
    const status = await local.start({ port: 0, ...own, boardSecret: SECRET, lan: false });
    if (!status.running) throw new Error('it does not run');
    const login = (user: string) => (user === HOST_USER ? own : boardLogin(SECRET, user));
    return { url: status.url, port: status.port, login, stop: () => local.stop() };
  },
  mosquitto: async () => {
    const names = [HOST_USER, uidOf(BOARD), uidOf(THIEF)];
    const users = Object.fromEntries(names.map((name) => [name, PASSWORD]));
    const forComputers = await freePort();
    const broker = await startMosquitto({
      users,
      acl: MOSQUITTO_ACL,
      config: [
        'use_username_as_clientid true',
        `listener ${forComputers} 127.0.0.1`,
        'set_tcp_nodelay true',
      ],
    });
    const login = (username: string) => ({ username, password: PASSWORD });
    const url = `mqtt://127.0.0.1:${forComputers}`;
    return { url, port: broker.port, login, stop: () => broker.stop() };
  },
  ejabberd: async () => {
    const names = [HOST_USER, uidOf(BOARD), uidOf(THIEF)];
    const node = await startEjabberd({
      users: Object.fromEntries(names.map((name) => [name, PASSWORD])),
      rules: EJABBERD_RULES,
    });
    const { url, port } = node;
    const login = (user: string) => ({ username: `${user}@localhost`, password: PASSWORD });
    return { url, port, login, stop: () => node.stop() };
  },
};

describe.each(Object.entries(brokers))('hostile: %s', (title, start) => {
  const table = new HostileTable(title);
  const mine = uidOf(BOARD);
  const theirs = uidOf(THIEF);
  let rig: Rig;
  let far: MqttFar;
  /** All topics that a computer may read at the broker, except answers. */
  let witness: MqttClient;
  const heard: { topic: string; payload: Buffer }[] = [];
  const ends: MqttClient[] = [];

  const enter = async (user: string, clientId?: string) => {
    const options = { ...rig.login(user), reconnectPeriod: 0, protocolVersion: 4 as const };
    const url = user === HOST_USER ? rig.url : `mqtt://127.0.0.1:${rig.port}`;
    const client = await connectAsync(url, clientId ? { ...options, clientId } : options, false);
    client.on('error', () => undefined);
    ends.push(client);
    return client;
  };
  const files = () => {
    const link = linkTo(far);
    return {
      link,
      files: new SessionFiles((work, options) => link.withSession(work, options)),
    };
  };
  /** Sends a file to the board and back, and runs code: the board is as before. */
  const works = async () => {
    const { link, files: board } = files();
    await link.open(AbortSignal.timeout(20_000));
    const content = Buffer.alloc(20_000, 'content ');
    await board.write('/works.txt', content);
    const back = Buffer.from(await board.read('/works.txt'));
    await board.remove('/works.txt');
    await link.close();
    return back.equals(content);
  };
  /**
   * Does `work` in a connection with the other board's login. Ends when the broker has processed it
   * or has disconnected.
   */
  const asThief = async (work: (client: MqttClient) => void) => {
    const client = await enter(theirs, `mpy-${theirs}`);
    const closed = new Promise<void>((resolve) => client.once('close', () => resolve()));
    const echo = new Promise<void>((resolve) =>
      client.on('message', (topic) => topic === `mpy/${theirs}/wd` && resolve()),
    );
    await client.subscribeAsync(`mpy/${theirs}/wd`, { qos: 1 });
    work(client);
    await works();
    client.publish(`mpy/${theirs}/wd`, 'end', { qos: 1 });
    await Promise.race([echo, closed]);
    await client.endAsync(true);
  };

  beforeAll(async () => {
    rig = await start();
    const { username: user, password } = rig.login(mine);
    far = await startFar(
      { url: rig.url, username: rig.login(HOST_USER).username },
      { name: BOARD, broker: { host: '127.0.0.1', port: rig.port, user, password } },
    );
    witness = await enter(HOST_USER);
    witness.on('message', (topic, payload) => heard.push({ topic, payload }));
    const leaves = ['st', 'log', 'tm', 'ev', 'cfgr'];
    await witness.subscribeAsync(
      leaves.map((leaf) => `mpy/+/${leaf}`),
      { qos: 1 },
    );
  });
  afterAll(async () => {
    table.print();
    await Promise.all(ends.map((client) => client.endAsync(true)));
    await far.stop();
    await rig.stop();
  });

  it('does not let a stolen board login speak for another board or give orders', async () => {
    const before = far.broker.presences.get(mine);
    const listened: string[] = [];
    const own = ['st', 'log', 'tm', 'ev', 'cfgr', 'wd', 'r/x', 'c/x', 'cfg'].map(
      (leaf) => `mpy/${mine}/${leaf}`,
    );
    for (const topic of [...own, 'mpy/all/c/x', 'mpy/g/lab/c/x', 'elsewhere', 'mpy/st']) {
      const message = '{"on":0,"why":"forged"}';
      await asThief((client) => void client.publish(topic, message, { qos: 1, retain: true }));
      const arrived = heard.some((m) => m.payload.includes('forged'));
      const shown = topic.replace(mine, 'UID');
      table.row(
        `another board's login publishes ${shown}`,
        'dropped',
        arrived ? 'heard' : 'dropped',
      );
    }
    // With MQTT 3.1.1, ejabberd does not answer a refused request: mqttCluster.test.ts uses MQTT 5.
    const filters =
      title === 'ejabberd' ? [] : ['#', 'mpy/#', '+/+/+/+', `mpy/${mine}/c/+`, `mpy/${mine}/cfg`];
    for (const filter of filters) {
      await asThief((client) => {
        client.on('message', (topic) => listened.push(topic));
        client.subscribe(filter, { qos: 1 }, () => undefined);
      });
    }
    // A broker disconnects a client when another one uses its client id, and then publishes its
    // last will.
    heard.length = 0;
    const taker = await enter(theirs, `mpy-${mine}`).catch(() => undefined);
    const reached = await works();
    await taker?.endAsync(true);
    const left = heard.some(
      (m) => m.topic === `mpy/${mine}/st` && /"on": ?0/.test(m.payload.toString()),
    );
    table.row(
      "another board's login takes this board's client id",
      'stays connected',
      reached && !left ? 'stays connected' : 'thrown off',
    );
    const others = listened.filter((topic) => !topic.startsWith(`mpy/${theirs}/`));
    table.row("another board's login listens to all", 'nothing', others.join() || 'nothing');
    const same = far.broker.presences.get(mine) === before || far.broker.presences.get(mine)?.on;
    table.row('this board in the list', 'present', same ? 'present' : 'away');
  });

  it('does not let a computer without a key change the board', async () => {
    const host = await enter(HOST_USER, 'stranger0');
    host.on('message', (topic, payload) => heard.push({ topic, payload }));
    await host.subscribeAsync(`mpy/${mine}/r/stranger0`, { qos: 1 });
    const birth = far.broker.presences.get(mine);
    if (!birth?.on) throw new Error('the board is away');
    const aux = parseInt(birth.boot.slice(0, 4), 16);
    const topic = `mpy/${mine}/c/stranger0`;
    const answers = () => heard.filter((m) => m.topic.endsWith('/r/stranger0'));
    const nothing = (op: (typeof Op)[keyof typeof Op], payload: object) =>
      encodeFrame(
        makeFrame(op, 7, { aux, counter: 1, payload: Buffer.from(JSON.stringify(payload)) }),
      );
    const inputs: [string, Buffer][] = [
      ['EXEC without a tag', nothing(Op.exec, { n: 1, mode: 'exec' })],
      ['PUT without a tag', nothing(Op.put, { p: '/evil', n: 1, h: '00' })],
      ['RM without a tag', nothing(Op.rm, { p: '/main.py' })],
      ['RESET without a tag', nothing(Op.reset, { m: 'hard' })],
      ['OTA without a tag', nothing(Op.ota, { do: 'begin', n: 1, h: '00' })],
      ['CFG without a tag', nothing(Op.cfg, { set: { mode: 'open' } })],
      [
        'HELLO of nobody',
        nothing(Op.hello, { v: [2], role: 'admin', hn: '0'.repeat(32), boot: birth.boot }),
      ],
      [
        'HELLO of protocol 1',
        Buffer.concat([
          Buffer.from([0x28]),
          nothing(Op.hello, { v: [1] }).subarray(1),
          Buffer.alloc(12),
        ]),
      ],
      ['60,000 bytes of 0xff', Buffer.alloc(60_000, 0xff)],
      ['one byte', Buffer.from([0x48])],
      ['nothing', Buffer.alloc(0)],
    ];
    for (const [words, message] of inputs) {
      heard.length = 0;
      await host.publishAsync(topic, message, { qos: 1 });
      await host.publishAsync(topic, message, { qos: 1, retain: true });
      await works();
      const long = answers().find((m) => m.payload.length > 128);
      table.row(
        words,
        'short refusal or none',
        long ? `${long.payload.length} bytes` : 'short refusal or none',
      );
    }
    await host.publishAsync(topic, '', { qos: 1, retain: true });
    // Records the broker's traffic and sends it again: in another order, twice, and later.
    const state = await board();
    const recorder = await enter(HOST_USER);
    const { cid, orders: recorded } = await record();
    for (const [words, order] of [
      ['in order', recorded],
      ['backwards', [...recorded].reverse()],
      ['from another computer', recorded],
    ] as const) {
      const to = words === 'from another computer' ? 'other000' : cid;
      for (const message of order) recorder.publish(`mpy/${mine}/c/${to}`, message, { qos: 1 });
      for (const message of order.slice(0, 3)) {
        recorder.publish(`mpy/${mine}/c/${to}`, message, { qos: 1, retain: true });
      }
      const good = await works();
      const same = JSON.stringify(await board()) === JSON.stringify(state);
      table.row(
        `all orders again, ${words}`,
        'nothing is done twice',
        same && good ? 'nothing is done twice' : 'changed',
      );
    }
    const started = far.broker.presences.get(mine);
    const stays = started?.on && started.boot === birth.boot ? 'same start' : 'restarted';
    table.row('the board after all of this', 'same start', stays);
  });

  // All windows of one user share the embedded broker's login for computers. cluster.test.ts covers
  // ejabberd, which does not answer a refused subscription of MQTT 3.1.1.
  if (title === 'mosquitto') {
    it('does not let a computer read answers to another', async () => {
      const curious = await enter(HOST_USER, 'curious00');
      const listened: string[] = [];
      curious.on('message', (topic) => listened.push(topic));
      for (const filter of ['mpy/+/r/+', `mpy/${mine}/r/+`, '#', 'mpy/#', '+/+/+/+']) {
        curious.subscribe(filter, { qos: 1 }, () => undefined);
      }
      await curious.subscribeAsync('mpy/+/r/curious00', { qos: 1 }); // the broker has seen the others
      await works();
      await curious.subscribeAsync('mpy/+/tm', { qos: 1 });
      const answers = listened.filter((topic) => topic.includes('/r/'));
      table.row('a computer listens to all answers', 'nothing', answers.join() || 'nothing');
    });
  }

  it('keeps the memory of the host flat under 4,000 messages of a stranger', async () => {
    const host = await enter(HOST_USER);
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    collect();
    const before = process.memoryUsage();
    const message = Buffer.alloc(1000, 'x');
    for (let i = 0; i < 4000; i++) {
      const done = host.publishAsync(`mpy/${mine}/c/flood${i % 100}`, message, {
        qos: i % 50 ? 0 : 1,
      });
      if (i % 50 === 0) await done;
    }
    const good = await works();
    collect();
    const after = process.memoryUsage();
    const grown = after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers;
    table.row(
      '4,000 messages of 1,000 bytes',
      'flat',
      grown < FLAT ? 'flat' : `${grown} bytes more`,
    );
    table.row('the board meanwhile', 'works', good ? 'works' : 'fails');
  });

  /** The files on the board, read from its flash. */
  async function board(): Promise<string[]> {
    const { link, files: of } = files();
    await link.open(AbortSignal.timeout(20_000));
    const entries = await of.walk('/');
    await link.close();
    return entries.map((e) => `${e.path} ${e.size}`).sort();
  }

  /**
   * The computer's orders during work, as the broker and anyone who reads its traffic sees them.
   */
  async function record(): Promise<{ cid: string; orders: Buffer[] }> {
    const spy = vi.spyOn(far.broker.connection, 'publish');
    await works();
    const sent = spy.mock.calls.map(([topic, payload]) => ({
      topic,
      payload: Buffer.from(payload),
    }));
    spy.mockRestore();
    const cid = sent.map((m) => /\/c\/(.+)$/.exec(m.topic)?.[1]).find(Boolean) ?? '';
    if (sent.length < 5) throw new Error(`only ${sent.length} orders were recorded`);
    return { cid, orders: sent.map((m) => m.payload) };
  }
});
