import { connectAsync } from 'mqtt';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startEjabberdCluster } from '../lab/index.mjs';
import { describeConformance } from './conformance';
import {
  AGENT_CANNOT,
  EJABBERD_RULES,
  HOST_USER,
  linkTo,
  PASSWORD,
  startFar,
  withProgram,
} from './mqttRig';

let cluster: Awaited<ReturnType<typeof startEjabberdCluster>>;
beforeAll(async () => {
  cluster = await startEjabberdCluster({
    users: { [HOST_USER]: PASSWORD, board: PASSWORD },
    rules: EJABBERD_RULES,
  });
});
afterAll(() => cluster.stop());

describeConformance({
  name: 'MQTT, a cluster of two ejabberd nodes, the board at one and the computer at the other',
  cannot: AGENT_CANNOT,
  start: async (files) => {
    const [one, other] = cluster.nodes;
    const far = await startFar(
      { url: other.url, username: `${HOST_USER}@localhost` },
      {
        broker: { host: '127.0.0.1', port: one.port, user: 'board@localhost', password: PASSWORD },
        ...withProgram(files),
      },
    );
    return { transport: linkTo(far), stop: () => far.stop() };
  },
});

it('lets no board give orders', async () => {
  const [one, other] = cluster.nodes;
  const login = (user: string, url: string) =>
    connectAsync(url, { username: `${user}@localhost`, password: PASSWORD, reconnectPeriod: 0 });
  const [listener, computer, board] = await Promise.all([
    login('board', one.url),
    login(HOST_USER, other.url),
    login('board', other.url),
  ]);
  const heard: string[] = [];
  const both = new Promise<void>((resolve) => {
    listener.on('message', (_topic, payload) => {
      heard.push(payload.toString());
      if (payload.toString() === 'from the computer') resolve();
    });
  });
  await listener.subscribeAsync('mpy/aa/c/+', { qos: 1 });
  board.on('error', () => undefined); // it may be thrown out for that
  board.publish('mpy/aa/c/x', 'from a board', { qos: 0 });
  await computer.publishAsync('mpy/aa/c/x', 'from the computer', { qos: 1 });
  await both;
  expect(heard).toEqual(['from the computer']);
  await Promise.all([listener, computer, board].map((c) => c.endAsync(true)));
});
