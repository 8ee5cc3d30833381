/**
 * What anyone who may publish at a broker can make this computer believe about a board whose key it
 * has.
 */
import { randomBytes } from 'node:crypto';
import { connectAsync, type MqttClient } from 'mqtt';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Deferred } from '../../../src/core/async';
import { updateOverTheAir } from '../../../src/core/agent/agentUpdate';
import type { BoardLog, BoardMessage } from '../../../src/core/broker/broker';
import { SessionFiles } from '../../../src/core/files/sessionFiles';
import { startMosquitto } from '../../lab/index.mjs';
import { GroupPush } from '../../../src/transports/mqtt/groupPush';
import { agentSource, VIEWER_KEY } from '../rig/agent/board';
import { HostileTable } from '../rig/hostileTable';
import { mqttAddress } from '../../../src/core/parseAddress';
import { announced, connectHost, linkTo, startFar, type MqttFar } from '../rig/mqttRig';

const table = new HostileTable('a computer that has the keys');
let mosquitto: Awaited<ReturnType<typeof startMosquitto>>;
let far: MqttFar;
let stranger: MqttClient;
let birth: Record<string, unknown>;
const uid = () => far.board.uid;
const shown = () => far.broker.presences.get(uid());

beforeAll(async () => {
  mosquitto = await startMosquitto({ config: ['set_tcp_nodelay true'] });
  const broker = { host: '127.0.0.1', port: mosquitto.port };
  far = await startFar({ url: mosquitto.url }, { broker, heap: 1000, config: { tm: 1 } });
  stranger = await connectAsync(mosquitto.url);
  birth = { ...(shown() as object), on: 1, caps: ['intr', 'stdin'], proto: 2 };
});
afterAll(async () => {
  table.print();
  await stranger.endAsync(true);
  await far.stop();
  await mosquitto.stop();
});

const files = (link: ReturnType<typeof linkTo>) =>
  new SessionFiles((work, options) => link.withSession(work, options));

const flipped = (bytes: Buffer, at: number) =>
  bytes.map((byte, i) => (i === at ? byte ^ 1 : byte)) as Buffer;

/**
 * Resolves when this computer has received everything that the stranger published before: the
 * broker delivers it before the message that is sent here. The broker confirms the subscription
 * first; otherwise it would not deliver that message.
 */
async function heardAll(): Promise<void> {
  const connection = far.broker.connection;
  const done = new Deferred<undefined>();
  const end = connection.listen('mpy/+/wd', () => done.resolve(undefined));
  await connection.roundTrip();
  await stranger.publishAsync(`mpy/${uid()}/wd`, 'end', { qos: 1 });
  await done.promise;
  end.dispose();
  await new Promise((resolve) => setImmediate(resolve)); // the checks of one message are a chain of promises
}

const forged: Record<string, object | string> = {
  'another start': { boot: '01020304', nonce: '0'.repeat(32) },
  'the other copy': { slot: 'b' },
  'no bytecode': { mpy: 0 },
  'frames of 16,384 bytes': { mtu: 16_384, win: 1_000 },
  'open mode': { mode: 'open' },
  'protocol 1': { proto: 1 },
  'a name of 10,000 letters': { name: 'x'.repeat(10_000) },
  'gone: stopped': { on: 0, why: 'stopped' },
  'gone: the will of this start': '{"on":0,"boot":"BOOT"}',
  'no JSON': '{"on":',
  'signs of somebody else': `{"on":1}\n5 ${'0'.repeat(24)} ${'0'.repeat(24)} ${'0'.repeat(24)}`,
};

it('keeps signed facts of a board, and continues an upload, despite forged messages', async () => {
  const link = linkTo(far);
  await link.open(AbortSignal.timeout(20_000));
  await link.withSession((s) => s.exec('1'));
  const before = shown();
  const facts = far.broker.client(uid()).facts;
  for (const [words, change] of Object.entries(forged)) {
    const content = Buffer.alloc(20_000, words); // the board's existing content would not be sent
    const boot = before?.boot ?? '';
    const text =
      typeof change === 'string'
        ? change.replace('BOOT', boot)
        : JSON.stringify({ ...birth, ...change });
    const name = `/up${words.replace(/\W/g, '')}.bin`;
    const upload = files(link).write(name, content);
    stranger.publish(`mpy/${uid()}/st`, text, { qos: 1, retain: true });
    await upload;
    await heardAll();
    const same = shown()?.on && JSON.stringify(shown()) === JSON.stringify(before);
    table.row(`a birth with ${words}`, 'not believed', same ? 'not believed' : 'believed');
    expect(far.broker.client(uid()).facts).toEqual(facts);
    expect(Buffer.from(await files(link).read(name))).toEqual(content);
    await files(link).remove(name);
  }
  await link.close();
});

it('is removed from the list by an empty message, and only its own presence brings it back', async () => {
  for (const change of [{ proto: 1 }, { mode: 'open' }]) {
    await stranger.publishAsync(`mpy/${uid()}/st`, '', { qos: 1, retain: true });
    await stranger.publishAsync(`mpy/${uid()}/st`, JSON.stringify({ ...birth, ...change }), {
      qos: 1,
    });
    await heardAll();
    table.row(`removed, then ${JSON.stringify(change)}`, 'away', shown()?.on ? 'there' : 'away');
  }
  await far.board.restart();
  await announced(far.broker, uid());
  expect(shown()).toMatchObject({ proto: 2, mode: 'signed' });
});

it('shows only signed facts in a new window, once they have arrived', async () => {
  await stranger.publishAsync(`mpy/${uid()}/st`, JSON.stringify({ ...birth, proto: 1 }), {
    qos: 1,
    retain: true,
  });
  const window = await connectHost({ url: mosquitto.url });
  await announced(window.broker, uid());
  await far.board.restart();
  const isNew = () => window.broker.presences.get(uid());
  await expect
    .poll(() => (isNew()?.on ? isNew() : undefined), { timeout: 20_000 })
    .toMatchObject({
      proto: 2,
    });
  await stranger.publishAsync(`mpy/${uid()}/st`, JSON.stringify({ ...birth, proto: 1 }), {
    qos: 1,
    retain: true,
  });
  const link = window.brokers.transport(mqttAddress('b', uid()));
  await link.open(AbortSignal.timeout(20_000));
  expect(Buffer.from(await link.withSession((s) => s.exec('print(6*7)'))).toString()).toContain(
    '42',
  );
  expect(isNew()).toMatchObject({ proto: 2 });
  await link.close();
  window.brokers.dispose();
});

it('ignores events, logs and telemetry that the board has not signed', async () => {
  await announced(far.broker, uid());
  const heard: (BoardMessage | BoardLog)[] = [];
  const ends = [far.broker.onMessage((m) => heard.push(m)), far.broker.onLog((m) => heard.push(m))];
  const say = (leaf: string, text: string | Buffer) =>
    stranger.publish(`mpy/${uid()}/${leaf}`, text, { qos: 1 });
  say('ev', '{"ev":"ota","state":"confirmed","forged":1}');
  say('ev', '{"ev":"agent","state":"confirmed","forged":1}');
  for (let i = 0; i < 2_000; i++) {
    say('ev', `{"ev":"crash","boot0":"${i}","tb":"x\\n[Fix](command:quit)","forged":1}`);
  }
  say('log', `{"boot":"1","s":1,"n":1,"t":1,"u":0}\nO\t1\tforged\t\x1b]52;c;cm0gLXJm\x07\x1b[2J`);
  say('log', Buffer.alloc(5 << 20, 'forged'));
  say('tm', '{"boot":"1","up":1,"free":1,"forged":1}');
  say('cfgr', '{"v":1,"ok":1,"forged":1}');
  await heardAll();
  await expect.poll(() => heard.length, { timeout: 10_000 }).toBeGreaterThan(0); // the board's own telemetry
  const loud = JSON.stringify(heard).includes('forged');
  table.row('2,006 unsigned events, logs, telemetry', 'none heard', loud ? 'heard' : 'none heard');
  for (const end of ends) end.dispose();
});

it('completes an upload despite forged refusals', async () => {
  const link = linkTo(far);
  await link.open(AbortSignal.timeout(20_000));
  const client = far.broker.client(uid());
  await link.withSession((s) => s.exec('1'));
  const spy = far.broker.connection;
  let topic = '';
  const end = spy.listen('mpy/+/c/+', (m) => (topic = m.topic.replace('/c/', '/r/')));
  await spy.roundTrip();
  const content = Buffer.alloc(200_000, 'content ');
  const upload = files(link).write('/refused.bin', content);
  await expect.poll(() => topic).not.toBe('');
  end.dispose();
  for (const code of [5, 6, 4, 13]) {
    for (const version of ['20', '40']) {
      const head = `${version}7f00${code.toString(16).padStart(2, '0')}`;
      for (let i = 0; i < 20; i++) {
        const reqid = i.toString(16).padStart(8, '0');
        stranger.publish(topic, Buffer.from(`${head}${reqid}0000000000000000`, 'hex'));
      }
    }
  }
  await upload;
  expect(Buffer.from(await files(link).read('/refused.bin'))).toEqual(content);
  table.row('160 unsigned refusals during an upload', 'it ends well', 'it ends well');
  expect(client.birth?.mode).toBe('signed');
  await link.close();
});

it('can neither read nor change encrypted files, code and output', async () => {
  await announced(far.broker, uid());
  // The broker retains a stranger's birth of protocol 1, which the board replaces.
  const { boot } = shown() ?? {};
  await far.board.restart();
  await expect.poll(() => shown()?.on && shown()?.boot !== boot, { timeout: 20_000 }).toBe(true);
  const window = await connectHost({ url: mosquitto.url, encrypt: 'required' });
  const looking = await connectHost(
    { url: mosquitto.url, encrypt: 'required' },
    { boardKey: () => Promise.resolve({ role: 'viewer', key: VIEWER_KEY }) },
  );
  await Promise.all([window, looking].map(({ broker }) => announced(broker, uid())));
  const heard: { topic: string; payload: Buffer }[] = [];
  stranger.on('message', (topic, payload) => heard.push({ topic, payload }));
  await stranger.subscribeAsync(['mpy/+/c/+', 'mpy/+/r/+', 'mpy/all/c/+'], { qos: 1 });

  const link = window.brokers.transport(mqttAddress('b', uid()));
  await link.open(AbortSignal.timeout(20_000));
  expect(window.broker.client(uid()).isEncrypted).toBe(true);
  const exec = async (code: string) =>
    Buffer.from(await link.withSession((s) => s.exec(code))).toString();
  expect(await exec('word = "plainword"; print(word * 2)')).toBe('plainwordplainword\r\n');
  const content = randomBytes(200_003); // it is not compressed
  await files(link).write('/plainword.bin', content);
  expect(Buffer.from(await files(link).read('/plainword.bin'))).toEqual(content);
  await exec(`import os; os.rename('/plainword.bin', '/other.bin')`);
  const prompt = link.terminal();
  let typed = '';
  prompt?.onData((data) => (typed += Buffer.from(data).toString()));
  await prompt?.write(Buffer.from('word + "s"\r'));
  await expect.poll(() => typed, { timeout: 10_000 }).toContain(`'plainwords'`);
  // One publication for all boards of a push.
  const toAll = (message: Uint8Array) => window.broker.publishToAll(message);
  const pushed = Buffer.from(content.toReversed());
  const push = new GroupPush([window.broker.client(uid())], '/pushed.bin', pushed, toAll);
  expect(await push.run()).toEqual([{ status: 'ok', value: 'written' }]);
  expect(Buffer.from(await files(link).read('/pushed.bin'))).toEqual(pushed);
  const viewing = looking.brokers.transport(mqttAddress('b', uid()));
  await viewing.open(AbortSignal.timeout(20_000));
  expect((await files(viewing).list('/')).map((e) => e.name)).toContain('pushed.bin');
  await expect(files(viewing).read('/pushed.bin')).rejects.toThrow(/does not allow this/);

  const heads = [content, pushed].flatMap((all) =>
    [0, 40_000, 180_001].map((at) => all.subarray(at, at + 12)),
  );
  const isRead = (part: string | Buffer) => heard.some(({ payload }) => payload.includes(part));
  await expect.poll(() => heard.some((m) => m.topic.startsWith('mpy/all/'))).toBe(true);
  const read = ['plainword', 'pushed.bin', 'os.rename', ...heads].filter(isRead);
  table.row(
    `${heard.length} encrypted frames`,
    'nothing is read',
    read.join() || 'nothing is read',
  );

  // Every frame to the board so far, unchanged and with one bit of its header, payload or tag
  // flipped.
  await exec('n = 0');
  heard.length = 0;
  expect(await exec('n += 1; print(n)')).toBe('1\r\n');
  const orders = heard.filter(({ topic }) => topic.includes('/c/'));
  for (const { topic, payload } of orders) {
    await stranger.publishAsync(topic, payload, { qos: 1 });
    for (let at = 0; at < payload.length; at += 5) {
      await stranger.publishAsync(topic, flipped(payload, at), { qos: 1 });
    }
  }
  const sum = (await exec('print(n)')).trim();
  table.row('orders that were repeated or changed', 'n is 1', `n is ${sum}`);
  for (const { topic, payload } of heard.filter((m) => m.topic.includes('/r/'))) {
    await stranger.publishAsync(topic, flipped(payload, 20), { qos: 1 });
    await stranger.publishAsync(topic, payload, { qos: 1 });
  }
  expect(await exec('print(n + 1)')).toBe('2\r\n');

  // A firmware without AES. A computer that requires encryption sends such a board nothing.
  const plain = linkTo(far);
  await plain.open(AbortSignal.timeout(20_000));
  expect(far.broker.client(uid()).isEncrypted).toBe(false);
  heard.length = 0;
  await files(plain).write('/plain.bin', content.subarray(0, 1_000));
  await expect.poll(() => heads.some(isRead)).toBe(true); // so that the check above can fail
  await files(plain).write('/cryptolib.py', Buffer.from('raise ImportError'));
  const forget = `import sys
for name in ('cryptolib', 'mpyfleet.a.crypt'): sys.modules.pop(name, None)`;
  await plain.withSession((s) => s.exec(forget));
  const last = await connectHost({ url: mosquitto.url, encrypt: 'required' });
  await announced(last.broker, uid());
  const refused = last.brokers.transport(mqttAddress('b', uid()));
  await expect(refused.open(AbortSignal.timeout(20_000))).rejects.toThrow(
    /cannot encrypt its messages, which the settings of its broker require$/,
  );
  stranger.removeAllListeners('message');
  await files(plain).remove('/cryptolib.py');
  await Promise.all([plain, link, viewing].map((each) => each.close()));
  for (const { brokers } of [window, looking, last]) brokers.dispose();
}, 60_000);

it('updates the copy that does not run, even if a forged birth names the other', async () => {
  const link = linkTo(far);
  await link.open(AbortSignal.timeout(20_000));
  const control = far.brokers.agent('b', uid());
  if (!control) throw new Error('there is no such broker');
  stranger.publish(`mpy/${uid()}/st`, JSON.stringify({ ...birth, slot: 'b', mpy: 0 }), {
    retain: true,
  });
  const target = { name: 'far', files: files(link) };
  const after = await updateOverTheAir(target, control, agentSource);
  table.row('an update after a birth with the other copy', 'copy b', `copy ${after.slot}`);
  await link.close();
});
