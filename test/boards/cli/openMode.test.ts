/** Boards in open mode at a broker, of which anyone who may publish there can announce one. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startMosquitto, tempDir } from '../../lab/index.mjs';
import { ADMIN_KEY, type AgentBoard, startAgentBoard } from '../rig/agent/board';
import { BuiltCli } from '../rig/cliRig';

let cli: BuiltCli;
let broker: Awaited<ReturnType<typeof startMosquitto>>;
let own: AgentBoard;
let stranger: AgentBoard;
let dir: string;
const run = (...args: string[]) =>
  cli.run(args, { cwd: dir, env: { MPYFLEET_CONFIG: 'fleet.json', MPYFLEET_KEYS: 'keys.json' } });

beforeAll(async () => {
  dir = tempDir('cli-open');
  [cli, broker] = await Promise.all([BuiltCli.build(), startMosquitto()]);
  const at = { host: '127.0.0.1', port: broker.port };
  const start = (name: string, mode: string) =>
    startAgentBoard({ name, broker: at, config: { name: 'lamp', tags: ['lab'], mode } });
  [own, stranger] = await Promise.all([start('ownlamp', 'signed'), start('strange', 'open')]);
  writeFileSync(join(dir, 'fleet.json'), JSON.stringify({ brokers: { office: broker.url } }));
  writeFileSync(join(dir, 'keys.json'), JSON.stringify({ [own.uid]: ADMIN_KEY.toString('hex') }), {
    mode: 0o600,
  });
  writeFileSync(join(dir, 'secret.py'), 'PASSWORD = 1\n');
});
afterAll(async () => {
  await Promise.all([own.stop(), stranger.stop()]);
  await broker.stop();
});

it.each(['lamp', 'tag:lab', 'lam*', 'all', 'broker:office'])(
  'gets no file because it fits %s',
  async (selector) => {
    await expect
      .poll(async () => (await run('list')).out.match(/^lamp /gm), { timeout: 30_000 })
      .toHaveLength(2);
    const { status, err } = await run('-b', selector, 'put', 'secret.py', ':/');
    expect({ status, err }).toMatchObject({ status: 2 });
    expect(err).toMatch(/is in open mode/);
    expect((await own.files())['/secret.py']).toBeDefined();
    expect((await stranger.files())['/secret.py']).toBeUndefined();
  },
);

it('is used by its address, its unique id, and from fleet.json', async () => {
  const address = `mqtt://office/${stranger.uid}`;
  const known = { brokers: { office: broker.url }, boards: { guest: address } };
  writeFileSync(join(dir, 'known.json'), JSON.stringify(known));
  for (const [selector, config] of [
    [address, 'fleet.json'],
    [`uid:${stranger.uid}`, 'fleet.json'],
    ['guest', 'known.json'],
  ] as const) {
    const env = { MPYFLEET_CONFIG: config, MPYFLEET_KEYS: 'keys.json' };
    const ran = await cli.run(['-b', selector, 'exec', 'print(6*7)'], { cwd: dir, env });
    expect({ selector, ...ran }).toMatchObject({ status: 0, out: '42\n' });
  }
});
