import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { silentLog } from '../../../src/core/log';
import { BrokerConnection } from '../../../src/transports/mqtt/brokerConnection';
import { freePort, startMosquitto } from '../../lab/index.mjs';
import { describeConformance } from '../rig/conformance';
import {
  AGENT_CANNOT,
  boardName,
  HOST_USER,
  linkTo,
  MOSQUITTO_ACL,
  PASSWORD,
  startFar,
  withProgram,
} from '../rig/mqttRig';

/** Boards log in with their uid as the user name; as many as the suite can need. */
const NAMES = Array.from({ length: 40 }, () => boardName());
const uidOf = (name: string) => Buffer.from(name).toString('hex');

let mosquitto: Awaited<ReturnType<typeof startMosquitto>>;
beforeAll(async () => {
  mosquitto = await startMosquitto({
    tls: true,
    users: {
      [HOST_USER]: PASSWORD,
      ...Object.fromEntries(NAMES.map((name) => [uidOf(name), `own of ${name}`])),
    },
    acl: MOSQUITTO_ACL,
    config: ['set_tcp_nodelay true'],
  });
});
afterAll(() => mosquitto.stop());

describeConformance({
  name: 'MQTT, mosquitto with TLS and access rules',
  cannot: AGENT_CANNOT,
  start: async (files) => {
    const name = NAMES.pop();
    const { tlsUrl = '', tlsPort, ca = '' } = mosquitto;
    if (name === undefined) throw new Error('no user is left for another board');
    const program = withProgram(files);
    const far = await startFar(
      { url: tlsUrl, username: HOST_USER, caFile: ca },
      {
        ...program,
        name,
        broker: {
          ...{ host: 'localhost', port: tlsPort, user: uidOf(name), password: `own of ${name}` },
          ssl: { ca: '/ca.pem' },
        },
        files: { ...program.files, '/ca.pem': readFileSync(ca, 'utf8') },
      },
    );
    return { transport: linkTo(far), stop: () => far.stop() };
  },
});

it('lets a computer in by the client id of its profile, over WebSocket and IPv6 too', async () => {
  const port = await freePort();
  const strict = await startMosquitto({
    users: { [HOST_USER]: PASSWORD },
    // As a policy of AWS IoT does, it lets in clients with certain ids only.
    config: ['clientid_prefixes thing-', `listener ${port} ::1`, 'protocol websockets'],
  });
  const secrets = {
    password: () => Promise.resolve(PASSWORD),
    boardKey: () => Promise.resolve(undefined),
  };
  const connection = (url: string, clientId?: string) =>
    new BrokerConnection(
      { id: 'strict', name: 'strict', url, username: HOST_USER, ...(clientId ? { clientId } : {}) },
      secrets,
      silentLog,
    );
  try {
    for (const url of [strict.url, `ws://[::1]:${port}/mqtt`]) {
      const refused = connection(url);
      await expect(refused.connect()).rejects.toMatchObject({ code: 'connect' });
      await refused.disconnect();
      const thing = connection(url, 'thing-7');
      await thing.connect();
      await thing.publish('mpy/ab/c/x', Buffer.from('hello'), { qos: 1 });
      await thing.disconnect();
    }
  } finally {
    await strict.stop();
  }
});
