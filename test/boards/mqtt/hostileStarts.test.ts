/**
 * Tests what anyone who may publish at a broker can do with copies of messages that a board has signed in an earlier boot. This
 * computer's frames are held back while the copies arrive, so that they come before any answer of the board.
 */
import { connectAsync, type MqttClient } from 'mqtt';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Birth, Gone } from '../../../src/core/agent';
import { awaitedLater, Deferred } from '../../../src/core/async';
import { ConnectionLostError } from '../../../src/core/errors';
import { SessionFiles } from '../../../src/core/files/sessionFiles';
import { startMosquitto } from '../../lab/index.mjs';
import { HostileTable } from '../rig/hostileTable';
import { linkTo, startFar, type MqttFar } from '../rig/mqttRig';
import { wire } from '../rig/wire';

/** An unsigned ERR EAUTH of the board. */
const REFUSED = Buffer.from('407f0006000000010000000000000000', 'hex');

const table = new HostileTable('copies from an earlier boot');
let mosquitto: Awaited<ReturnType<typeof startMosquitto>>;
let line: Awaited<ReturnType<typeof wire>>;
let far: MqttFar;
let stranger: MqttClient;
/** The presence that the board has published, which anyone at the broker receives. */
const published: Buffer[] = [];
/** The presence that this computer has believed. */
const believed: (Birth | Gone)[] = [];

beforeAll(async () => {
  mosquitto = await startMosquitto({ config: ['set_tcp_nodelay true'] });
  line = await wire(mosquitto.port);
  const broker = { host: '127.0.0.1', port: mosquitto.port, backoff: [1, 1] };
  far = await startFar({ url: `mqtt://127.0.0.1:${line.port}` }, { broker, heap: 1000 });
  stranger = await connectAsync(mosquitto.url);
  far.broker.onPresence(({ state }) => believed.push(state));
  stranger.on('message', (_, payload) => published.push(Buffer.from(payload)));
  await stranger.subscribeAsync(`mpy/${far.board.uid}/st`, { qos: 1 });
});
afterAll(async () => {
  table.print();
  await stranger.endAsync(true);
  await far.stop();
  line.stop();
  await mosquitto.stop();
});

/** Copies of what the board has published in one boot. */
function replayOf(boot: string | undefined) {
  const copies = published.filter((payload) => payload.includes(`"${boot}"`));
  return copies.map((payload) => ({ topic: `mpy/${far.board.uid}/st`, payload }));
}
const bootNow = () => far.broker.presences.get(far.board.uid)?.boot;

/** Resolves at the next presence that this computer believes and that `is` wanted. */
async function next(is: (state: Birth | Gone) => boolean): Promise<Birth | Gone> {
  const seen = new Deferred<Birth | Gone>();
  const end = far.broker.onPresence(({ state }) => is(state) && seen.resolve(state));
  return seen.promise.finally(() => end.dispose());
}
/** Resolves at the next birth with another boot. */
function nextBirth(): Promise<Birth | Gone> {
  const before = bootNow();
  return next((state) => state.on && state.boot !== before);
}

/** Publishes messages. Resolves when this computer has received them and begun to process them. */
async function publish(messages: readonly { topic: string; payload: Buffer }[]): Promise<void> {
  const { connection } = far.broker;
  const done = new Deferred<undefined>();
  const topic = `mpy/${far.board.uid}/st`;
  const end = connection.listen('mpy/+/st', (m) => {
    if (m.payload.toString() === 'end') done.resolve(undefined);
  });
  for (const message of [...messages, { topic, payload: Buffer.from('end') }]) {
    await stranger.publishAsync(message.topic, message.payload, { qos: 1 });
  }
  await done.promise;
  end.dispose();
  await new Promise((resolve) => setImmediate(resolve)); // the checks of one message are a chain of promises
}

/** A link, and the error with which it was closed. */
async function watchedLink() {
  const link = linkTo(far);
  await link.open(AbortSignal.timeout(20_000));
  const seen: { closed?: Error | undefined } = {};
  link.onClose((error) => (seen.closed = error));
  return { link, seen };
}

/** Restarts the board, which says so. Returns copies of the birth and the farewell of the boot that this ended. */
async function restarted() {
  const before = bootNow();
  const back = nextBirth();
  const link = linkTo(far);
  await link.open(AbortSignal.timeout(20_000));
  await link.reset('hard');
  await back;
  await link.close();
  return replayOf(before);
}

it('do not end an upload, nor does a forged refusal of the session that follows', async () => {
  const replayed = await restarted();
  const { link, seen } = await watchedLink();
  const files = new SessionFiles((work, options) => link.withSession(work, options));
  const content = Buffer.alloc(300_000, 'some text');
  const boot = bootNow();
  const asked = new Deferred<string>();
  const end = far.broker.connection.listen('mpy/+/c/+', ({ topic }) => asked.resolve(topic));
  const begun = new Deferred<undefined>();
  const upload = files.write('/big.bin', content, { onProgress: () => begun.resolve(undefined) });
  awaitedLater(upload);
  const topic = await asked.promise;
  end.dispose();
  await begun.promise;
  line.hold();
  await publish([...replayed, { topic: topic.replace('/c/', '/r/'), payload: REFUSED }]);
  line.release();
  await upload;
  expect(content.equals(await files.read('/big.bin'))).toBe(true);
  expect(seen.closed).toBeUndefined();
  expect(bootNow()).toBe(boot);
  table.row('a birth and a farewell, while a file is sent', 'it is sent', 'it is sent');
  await link.close();
});

it('are recognised once the board has shown that it is not in that boot', async () => {
  const from = believed.length;
  const boot = bootNow();
  const boots = new Set(
    published.map((payload) => /"boot": ?"(\w+)"/.exec(payload.toString())?.[1]),
  );
  boots.delete(undefined); // "end"
  expect(boots.size).toBe(2);
  for (const each of boots) if (each !== boot) await publish(replayOf(each));
  expect(bootNow()).toBe(boot);
  expect(believed.slice(from).filter((state) => state.boot !== boot)).toEqual([]);
  table.row('the same again', 'not believed', 'not believed');
});

it('leave a real restart to be noticed', async () => {
  const { link } = await watchedLink();
  const started = new Deferred<undefined>();
  const run = link.withSession((s) =>
    s.exec('import sys; sys.stdin.read(1)', { onStart: () => started.resolve(undefined) }),
  );
  const ended = run.catch((error: unknown) => error);
  await started.promise;
  const back = nextBirth();
  await far.board.restart();
  const { boot } = await back;
  expect(await ended).toBeInstanceOf(ConnectionLostError);
  expect(String(await ended)).toContain('The board has restarted');
  expect(bootNow()).toBe(boot);
  await link.withSession((s) => s.exec('pass'));
  await link.close();
});
