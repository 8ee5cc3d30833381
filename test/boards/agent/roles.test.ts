/**
 * Tries every request of the protocol with each key and without one on a real board. The table in
 * docs/protocol.md must equal the result.
 */
import { expect, it } from 'vitest';
import { startMosquitto } from '../../lab/index.mjs';
import { ADMIN_KEY, OPERATOR_KEY, startAgentBoard, VIEWER_KEY } from '../rig/agent/board';
import { documentedRoles, findRoles } from '../rig/agent/roles';

it('is what docs/protocol.md says of who may do what', async () => {
  const broker = await startMosquitto({ config: ['set_tcp_nodelay true'] });
  const board = await startAgentBoard({
    name: 'roles',
    broker: { host: '127.0.0.1', port: broker.port },
  });
  const keys = { viewer: VIEWER_KEY, operator: OPERATOR_KEY, admin: ADMIN_KEY };
  const rows = await findRoles(broker.url, board.uid, keys);
  await board.stop();
  await broker.stop();
  expect(rows.length).toBeGreaterThan(0);
  expect(documentedRoles(rows.length)).toEqual(rows);
}, 180_000);
