/** Names and tags of device files, with real boards behind a real broker. */
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startMosquitto, tempDir } from '../../lab/index.mjs';
import { ADMIN_KEY, type AgentBoard } from '../rig/agent/board';
import { BuiltCli } from '../rig/cliRig';
import { startAnnounced } from '../rig/mqttRig';

let cli: BuiltCli;
let broker: Awaited<ReturnType<typeof startMosquitto>>;
let boards: AgentBoard[] = [];
const dir = tempDir('cli-device-names');
const env = { MPYFLEET_CONFIG: 'fleet.json', MPYFLEET_KEYS: 'keys.json' };
const run = (...args: string[]) => cli.run(args, { cwd: dir, env });

beforeAll(async () => {
  [cli, broker] = await Promise.all([BuiltCli.build(), startMosquitto()]);
  boards = await startAnnounced(
    broker,
    ['shelf-01', 'shelf-02'].map((name) => ({ name, config: { tags: ['rack'] } })),
  );
  const [one = '', two = ''] = boards.map(({ uid }) => uid);
  const known = { desk: { address: `mqtt://office/${one}`, uid: one, tags: ['mine'] } };
  const fleet = { brokers: { office: broker.url }, boards: known, groups: { own: 'tag:wet' } };
  writeFileSync(join(dir, 'fleet.json'), JSON.stringify(fleet));
  const keys = JSON.stringify({ '*': ADMIN_KEY.toString('hex') });
  writeFileSync(join(dir, 'keys.json'), keys, { mode: 0o600 });
  mkdirSync(join(dir, '.micropython', 'devices'), { recursive: true });
  const pairs = two.toUpperCase().replace(/(..)(?=.)/g, '$1:');
  const devices = `porch: { uid: "${pairs}", tags: [wet] }\nother: { uid: "${one}", tags: wet }\n`;
  writeFileSync(join(dir, '.micropython', 'devices', 'all.yaml'), devices);
});
afterAll(async () => {
  await Promise.all(boards.map((b) => b.stop()));
  await broker.stop();
});

it('selects boards by the names and tags of the device files of the folder', async () => {
  const code = 'import machine\nprint(machine.unique_id().decode())';
  const two = { status: 0, out: 'shelf-02\n' };
  expect(await run('-b', 'porch', 'exec', code)).toMatchObject(two);
  expect(await run('-b', 'tag:wet,-,desk', 'exec', code)).toMatchObject(two);
  const { out } = await run('-b', 'tag:wet', '--json', 'exec', code);
  const answers = JSON.parse(out) as { board: string; output: string }[];
  expect(answers.map((a) => `${a.board} ${a.output}`).sort()).toEqual([
    'desk shelf-01\n',
    'shelf-02 shelf-02\n',
  ]);
});

it('lists their tags with those of the board, under the name that it has', async () => {
  const { out } = await run('list', '--json');
  const rows = (JSON.parse(out) as { name: string; address: string; tags: string[] }[]).filter(
    ({ address }) => address.startsWith('mqtt:'),
  );
  expect(rows.map(({ name, tags }) => [name, tags])).toEqual([
    ['desk', ['mine', 'wet']],
    ['shelf-02', ['rack', 'wet']],
  ]);
});

it("adds no board to the user's own groups", async () => {
  const { status, err } = await run('-b', '@own', 'exec', 'print(1)');
  expect([status, err]).toEqual([64, expect.stringContaining('No board matches')]);
});

it('says once that a device file cannot be read', async () => {
  const loop = join(dir, '.micropython', 'devices', 'loop.yaml');
  symlinkSync(loop, loop);
  try {
    const { err } = await run('-b', 'desk', 'exec', 'print(1)');
    expect(err.match(/A device file cannot be read.*loop\.yaml/g)).toHaveLength(1);
  } finally {
    rmSync(loop);
  }
});
