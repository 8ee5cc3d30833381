/** Tests what anyone who may publish at a broker can do to running work on a board. */
import { connectAsync, type MqttClient } from 'mqtt';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Deferred } from '../../../src/core/async';
import { SessionFiles } from '../../../src/core/files/sessionFiles';
import { startMosquitto } from '../../lab/index.mjs';
import { HostileTable } from '../rig/hostileTable';
import { ADMIN_KEY } from '../rig/agent/board';
import { Op, TestHost } from '../rig/agent/host';
import { connectHost, linkTo, startFar, type MqttFar } from '../rig/mqttRig';

const table = new HostileTable('work under way');
/** An unsigned ERR ESTALE of the board. */
const STALE = Buffer.from('407f0005000000010000000000000000', 'hex');
let mosquitto: Awaited<ReturnType<typeof startMosquitto>>;
let far: MqttFar;
let stranger: MqttClient;

beforeAll(async () => {
  mosquitto = await startMosquitto({ config: ['set_tcp_nodelay true'] });
  const broker = { host: '127.0.0.1', port: mosquitto.port };
  far = await startFar({ url: mosquitto.url }, { broker, heap: 1000 });
  stranger = await connectAsync(mosquitto.url);
});
afterAll(async () => {
  table.print();
  await stranger.endAsync(true);
  await far.stop();
  await mosquitto.stop();
});

it('continues although someone removes the board from the broker', async () => {
  const link = linkTo(far);
  const files = new SessionFiles((work, options) => link.withSession(work, options));
  await link.open(AbortSignal.timeout(20_000));
  let closed: Error | undefined;
  link.onClose((error) => (closed = error));
  const { uid } = far.board;
  const { connection } = far.broker;
  const colleague = await TestHost.connect(mosquitto.url, uid);
  await colleague.hello(ADMIN_KEY);
  // It runs until a colleague ends it, so that the board is removed in the meantime.
  const code = `import os, time
while "go" not in os.listdir("/"): time.sleep_ms(10)
print(6*7)`;
  const asked = new Deferred<string>();
  const end = connection.listen('mpy/+/c/+', ({ topic }) => asked.resolve(topic));
  await connection.roundTrip();
  const run = link.withSession((s) => s.exec(code));
  const topic = await asked.promise;
  end.dispose();
  const gone = new Deferred<undefined>();
  const removed = far.broker.onPresence(({ state }) => state.on || gone.resolve(undefined));
  await stranger.publishAsync(`mpy/${uid}/st`, '', { qos: 1, retain: true });
  await gone.promise;
  removed.dispose();
  // Without a birth, no new session could begin.
  await stranger.publishAsync(topic.replace('/c/', '/r/'), STALE, { qos: 1 });
  await colleague.ask(Op.mkdir, { p: '/go' });
  await colleague.client.endAsync(true);
  expect(Buffer.from(await run).toString()).toBe('42\r\n');
  await files.write('/after.bin', Buffer.alloc(20_000, 'x'));
  expect((await files.read('/after.bin')).length).toBe(20_000);
  expect(closed).toBeUndefined();
  table.row('removal of a board while code runs', 'it ends well', 'it ends well');
  await link.close();
});

it('keeps nothing of boards that were never announced', async () => {
  const window = await connectHost(
    { url: mosquitto.url },
    { boardKey: () => Promise.resolve(undefined) },
  );
  const heard: string[] = [];
  const hear = ({ uid }: { uid: string }) => void heard.push(uid);
  const listening = [
    window.broker.onMessage(hear),
    window.broker.onAppMessages(hear),
    window.broker.onLog(hear),
  ];
  await window.broker.connection.roundTrip();
  const batch = '{"boot":"01020304","s":5,"n":1,"t":1000,"u":0,"drop":0,"app":"x","v":"1"}';
  for (let i = 0; i < 50; i++) {
    const base = `mpy/aa${i.toString(16).padStart(4, '0')}`;
    stranger.publish(`${base}/msg`, `${batch}\nD\t900\t1`);
    stranger.publish(`${base}/ev`, '{"ev":"crash","boot0":"1","tb":"x"}');
    stranger.publish(`${base}/log`, `${batch}\nI\t1\tmain\tx`);
  }
  const birth = { on: 1, proto: 2, boot: '9f03c2aa', nonce: '00'.repeat(16), mode: 'open' };
  await stranger.publishAsync('mpy/ab0001/st', JSON.stringify(birth), { qos: 1 });
  await stranger.publishAsync('mpy/ab0001/ev', '{"ev":"app","state":"x"}', { qos: 1 });
  await expect.poll(() => heard, { timeout: 10_000 }).toContain('ab0001');
  table.row(
    '150 messages of 50 invented boards',
    'none kept',
    heard.length > 1 ? 'kept' : 'none kept',
  );
  expect(heard).toEqual(['ab0001']);
  for (const each of listening) each.dispose();
  window.brokers.dispose();
});
