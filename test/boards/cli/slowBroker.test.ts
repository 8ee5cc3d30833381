import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connectAsync } from 'mqtt';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { slowNetwork } from '../../../bench/webreplNetwork.mjs';
import { startMosquitto, tempDir } from '../../lab/index.mjs';
import { BuiltCli } from '../rig/cliRig';

/**
 * Number of boards that the broker retains. It sends 20 at a time, its usual limit, and waits for
 * their acknowledgements.
 */
const BOARDS = 50;
/** Milliseconds that a packet is in transit, as over a satellite. */
const DELAY_MS = 350;

let cli: BuiltCli;
let broker: Awaited<ReturnType<typeof startMosquitto>>;
let far: Awaited<ReturnType<typeof slowNetwork>>;
const dir = tempDir('cli-slow');

beforeAll(async () => {
  const config = ['set_tcp_nodelay true', 'max_inflight_messages 20'];
  [cli, broker] = await Promise.all([BuiltCli.build(), startMosquitto({ config })]);
  far = await slowNetwork(broker.port, DELAY_MS);
  const boards = await connectAsync(broker.url);
  for (let i = 0; i < BOARDS; i++) {
    const will = JSON.stringify({ on: 0, boot: '9f03c2aa' });
    await boards.publishAsync(`mpy/${uidOf(i)}/st`, will, { qos: 1, retain: true });
  }
  await boards.endAsync();
  const brokers = { far: `mqtt://127.0.0.1:${far.port}` };
  writeFileSync(join(dir, 'fleet.json'), JSON.stringify({ brokers }));
});
afterAll(async () => {
  far.close();
  await broker.stop();
});

const uidOf = (i: number) => `aa00${i.toString(16).padStart(4, '0')}`;

it('waits for the whole list of a broker that is far away', async () => {
  const env = { MPYFLEET_CONFIG: 'fleet.json', MPYFLEET_KEYS: 'keys.json' };
  const { out, err, status } = await cli.run(['list', '--json'], { cwd: dir, env });
  expect({ err, status }).toEqual({ err: '', status: 0 });
  const listed = (JSON.parse(out) as { address: string }[]).map((b) => b.address);
  const behind = listed.filter((address) => address.startsWith('mqtt://far/')).sort();
  expect(behind).toEqual(Array.from({ length: BOARDS }, (_, i) => `mqtt://far/${uidOf(i)}`));
});
