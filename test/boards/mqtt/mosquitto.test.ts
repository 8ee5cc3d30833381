import { readFileSync } from 'node:fs';
import { afterAll, beforeAll } from 'vitest';
import { startMosquitto } from '../../lab/index.mjs';
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
