import { connectAsync, type MqttClient } from 'mqtt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEjabberdCluster } from '../../lab/index.mjs';
import { describeConformance } from '../rig/conformance';
import {
  AGENT_CANNOT,
  boardName,
  EJABBERD_RULES,
  HOST_USER,
  linkTo,
  PASSWORD,
  startFar,
  withProgram,
} from '../rig/mqttRig';

/** Boards log in with their uid as the user name. As many as the suite can need. */
const NAMES = Array.from({ length: 40 }, () => boardName());
const uidOf = (name: string) => Buffer.from(name).toString('hex');
const [MINE, OTHER] = ['6d6d', '6f6f'];

let cluster: Awaited<ReturnType<typeof startEjabberdCluster>>;
beforeAll(async () => {
  const users = [HOST_USER, MINE, OTHER, ...NAMES.map(uidOf)];
  cluster = await startEjabberdCluster({
    users: Object.fromEntries(users.map((user) => [user, PASSWORD])),
    rules: EJABBERD_RULES,
  });
});
afterAll(() => cluster.stop());

describeConformance({
  name: 'MQTT, a cluster of two ejabberd nodes, the board at one and the computer at the other',
  cannot: AGENT_CANNOT,
  start: async (files) => {
    const [one, other] = cluster.nodes;
    const name = NAMES.pop();
    if (name === undefined) throw new Error('no user is left for another board');
    const user = `${uidOf(name)}@localhost`;
    const far = await startFar(
      { url: other.url, username: `${HOST_USER}@localhost` },
      {
        ...withProgram(files),
        name,
        broker: { host: '127.0.0.1', port: one.port, user, password: PASSWORD },
      },
    );
    return { transport: linkTo(far), stop: () => far.stop() };
  },
});

/** What a board, MINE, may not publish, and where it would be received. */
const FORBIDDEN = [
  `mpy/${MINE}/c/x`,
  `mpy/${OTHER}/c/x`,
  `mpy/${OTHER}/st`,
  `mpy/${OTHER}/r/x`,
  `mpy/${OTHER}/wd`,
  `mpy/${MINE}/cfg`,
  'mpy/all/c/x',
  'mpy/g/lab/c/x',
  'elsewhere',
];

/** The broker retains the presence of other boards. */
const OURS = new RegExp(`^(mpy/(${MINE}|${OTHER}|all|g)/.*|elsewhere)$`);

describe.each([
  [0, 'computer0'],
  [1, 'computer1'],
  [0, 'computer2'],
  [1, 'computer3'],
] as const)('the access rules, a board at node %i and %s', (at, cid) => {
  let mine: MqttClient, other: MqttClient, computer: MqttClient;
  const heard: string[] = [];
  beforeAll(async () => {
    const login = async (user: string, node: number, clientId?: string) => {
      const client = await connectAsync(cluster.nodes[node]?.url ?? '', {
        ...{ username: `${user}@localhost`, password: PASSWORD, reconnectPeriod: 0 },
        ...(clientId !== undefined && { clientId }),
        protocolVersion: 5, // it reports a refusal; MQTT 3.1.1 has no code for that
      });
      client.on('message', (topic, payload) => {
        if (OURS.test(topic)) heard.push(`${payload.toString()} on ${topic}`);
      });
      return client;
    };
    [mine, other, computer] = await Promise.all([
      login(MINE, at),
      login(OTHER, 1 - at),
      login(HOST_USER, 1 - at, cid),
    ]);
    const may = (uid: string) => ['c/+', 'cfg', 'wd'].map((t) => `mpy/${uid}/${t}`);
    await mine.subscribeAsync([...may(MINE), 'mpy/all/c/+', 'mpy/g/lab/c/+'], { qos: 1 });
    await other.subscribeAsync([...may(OTHER), 'mpy/all/c/+'], { qos: 1 });
    await computer.subscribeAsync(
      ['st', `r/${cid}`, 'log', 'tm', 'ev', 'cfgr'].map((t) => `mpy/+/${t}`),
      { qos: 1 },
    );
  });
  afterAll(() => Promise.all([mine, other, computer].map((c) => c.endAsync(true))));

  it('let no board give orders or speak for another', async () => {
    for (const topic of FORBIDDEN) {
      const order = mine.publishAsync(topic, 'from a board', { qos: 1 });
      await expect(order, topic).rejects.toThrow('Topic Name invalid'); // its word for forbidden
    }
    await mine.publishAsync(`mpy/${MINE}/log`, 'a log', { qos: 1 });
    await computer.publishAsync(`mpy/${MINE}/c/x`, 'an order', { qos: 1 });
    await computer.publishAsync(`mpy/${OTHER}/c/x`, 'an order', { qos: 1 });
    const wanted = [
      `a log on mpy/${MINE}/log`,
      `an order on mpy/${MINE}/c/x`,
      `an order on mpy/${OTHER}/c/x`,
    ];
    await expect.poll(() => [...heard].sort(), { timeout: 5_000 }).toEqual(wanted);
  });

  it('let no computer read the answers to another', async () => {
    for (const filter of ['mpy/+/r/+', 'mpy/+/r/other00', '#']) {
      const all = computer.subscribeAsync(filter);
      await expect(all, filter).rejects.toThrow('Topic Filter invalid');
    }
  });

  it.each([`mpy/${OTHER}/c/+`, 'mpy/+/c/+', `mpy/${OTHER}/cfg`, 'mpy/#', '#', 'mpy/+/r/+'])(
    'let no board read %s',
    async (filter) => {
      await expect(mine.subscribeAsync(filter)).rejects.toThrow('Topic Filter invalid');
    },
  );
});
