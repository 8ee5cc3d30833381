/**
 * Tries every request of the protocol with each key and without one on a real board, which runs a
 * deployed app. The table in docs/protocol.md must equal the result.
 */
import { expect, it } from 'vitest';
import { ADMIN_KEY, OPERATOR_KEY, VIEWER_KEY } from '../rig/agent/board';
import { documentedRoles, rolesOf, tryRequests } from '../rig/agent/roles';
import { AppFar, makeApp } from '../rig/appRig';
import { startMosquitto } from '../../lab/index.mjs';

it('matches the table of roles in docs/protocol.md', async () => {
  const broker = await startMosquitto({ config: ['set_tcp_nodelay true'] });
  const far = await AppFar.at(broker, { '/secrets.py': 'KEY = 1\n' });
  const main = `import asyncio, fleet
fleet.on_message(lambda text: text)
async def main():
    while True:
        await asyncio.sleep(60)
`;
  await far.deploy(await makeApp({ name: 'roles', trial: 1 }, { 'main.py': main }));
  await far.event('app', 'confirmed');
  const keys = { viewer: VIEWER_KEY, operator: OPERATOR_KEY, admin: ADMIN_KEY };
  const seen = await tryRequests(broker.url, far.far.board.uid, keys);
  await far.stop();
  await broker.stop();
  const rows = rolesOf(seen);
  expect(documentedRoles(rows.length)).toEqual(rows);
  // What restarts the board, or reaches the app, was obeyed, not refused for another reason.
  const obeyed = [...seen].filter(([name]) => /RESET|`a`|`msg`/.test(name));
  expect(obeyed).toHaveLength(11);
  for (const [name, by] of obeyed) expect(by.get('admin'), name).toBe('OK');
}, 300_000);
