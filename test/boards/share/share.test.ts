import { afterAll, beforeAll, expect, it } from 'vitest';
import { keyForRole } from '../../../src/core/agent';
import { startMosquitto } from '../../lab/index.mjs';
import { ADMIN_KEY } from '../rig/agent/board';
import { documentedRoles, rolesOf, tryRequests } from '../rig/agent/roles';
import { describeConformance } from '../rig/conformance';
import { AGENT_CANNOT } from '../rig/mqttRig';
import { startShared } from '../rig/shareRig';

let mosquitto: Awaited<ReturnType<typeof startMosquitto>>;
beforeAll(async () => {
  mosquitto = await startMosquitto({ config: ['set_tcp_nodelay true'] });
});
afterAll(() => mosquitto.stop());

describeConformance({
  name: 'a cable that another computer shares, through mosquitto',
  cannot: {
    rawRepl: AGENT_CANNOT.rawRepl,
    hardReset: 'the port may vanish with it, and the sharing with the port',
  },
  start: async (files) => {
    const far = await startShared(mosquitto.url, files);
    return { transport: far.link(), stop: () => far.stop() };
  },
});

it('enforces the roles of the table in docs/protocol.md', async () => {
  const far = await startShared(mosquitto.url);
  const role = (name: string) => keyForRole(ADMIN_KEY, far.uid, name);
  const keys = { viewer: role('viewer'), operator: role('operator'), admin: ADMIN_KEY };
  const rows = rolesOf(await tryRequests(mosquitto.url, far.uid, keys));
  await far.stop();
  expect(rows.length).toBeGreaterThan(0);
  expect(documentedRoles(rows.length)).toEqual(rows);
}, 180_000);
