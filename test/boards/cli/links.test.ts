import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startMosquitto, tempDir } from '../../lab/index.mjs';
import { ADMIN_KEY, type AgentBoard } from '../rig/agent/board';
import { BuiltCli } from '../rig/cliRig';
import { startAnnounced } from '../rig/mqttRig';

interface Listed {
  readonly name: string;
  readonly address: string;
  readonly addresses: readonly string[];
  readonly state: string;
}

let cli: BuiltCli;
let broker: Awaited<ReturnType<typeof startMosquitto>>;
let boards: AgentBoard[];
let dir: string;
const run = (...args: string[]) =>
  cli.run(args, { cwd: dir, env: { MPYFLEET_CONFIG: 'fleet.json', MPYFLEET_KEYS: 'keys.json' } });
const at = (i: number) => `mqtt://office/${boards[i]?.uid ?? ''}`;

beforeAll(async () => {
  dir = tempDir('cli-links');
  [cli, broker] = await Promise.all([BuiltCli.build(), startMosquitto()]);
  boards = await startAnnounced(broker, [{ name: 'hall' }, { name: 'loft' }, { name: 'yard' }]);
  const [hall, loft, yard] = boards;
  const entries = {
    // Plugged in and at the broker; only at the broker; and one whose entry does not say its uid.
    desk: { address: `serial:${hall?.tty ?? ''}`, uid: hall?.uid },
    shelf: { address: `serial:${join(dir, 'unplugged')}`, uid: loft?.uid },
    yard: `serial:${yard?.tty ?? ''}`,
    cellar: `serial:${join(dir, 'unplugged too')}`,
  };
  const config = { brokers: { office: broker.url }, boards: entries };
  writeFileSync(join(dir, 'fleet.json'), JSON.stringify(config));
  writeFileSync(join(dir, 'keys.json'), JSON.stringify({ '*': ADMIN_KEY.toString('hex') }), {
    mode: 0o600,
  });
});
afterAll(async () => {
  await Promise.all(boards.map((b) => b.stop()));
  await broker.stop();
});

describe('mpyfleet and boards with several links', () => {
  it('lists a board behind a broker and the entry with its uid as one board', async () => {
    const listed = JSON.parse((await run('list', '--json')).out) as Listed[];
    const named = (name: string) => listed.filter((l) => l.name === name);
    expect(named('desk')).toMatchObject([
      { address: at(0), addresses: [at(0), `serial:${boards[0]?.tty ?? ''}`], state: 'online' },
    ]);
    expect(named('shelf')).toMatchObject([{ address: at(1), state: 'online' }]);
    expect(listed.map((l) => l.name)).not.toContain('hall');
    expect((await run('list')).out).toMatch(/^desk +mqtt:\/\/office\/\w+, serial:\S+ +online/m);
  });

  it('joins them by the uid only, not by their name', async () => {
    const listed = JSON.parse((await run('list', '--json')).out) as Listed[];
    const yards = listed.filter((l) => l.name === 'yard').map((l) => l.addresses.length);
    expect(yards).toEqual([1, 1]);
  });

  it('says that a port is away only if its path does not exist', async () => {
    const listed = JSON.parse((await run('list', '--json')).out) as Listed[];
    const onCable = listed.filter((l) => l.address.startsWith('serial:'));
    expect(onCable.map((l) => [l.name, l.state])).toEqual([
      ['cellar', 'away'],
      ['yard', 'not connected'],
    ]);
  });

  it('runs code once on such a board, through the broker, beside its program', async () => {
    const { out, status } = await run('-b', 'broker:office,-,uid:79617264', '--json', 'eval', '1');
    expect(status).toBe(0);
    expect((JSON.parse(out) as { board: string }[]).map((a) => a.board).sort()).toEqual([
      'desk',
      'shelf',
    ]);
  });

  it('reaches a board whose port is not plugged in through the broker', async () => {
    expect(await run('-b', 'shelf', 'eval', '6 * 7')).toMatchObject({ status: 0, out: '42\n' });
  });

  it('uses the link that the user names', async () => {
    expect(await run('-b', at(0), 'eval', '1')).toMatchObject({ status: 0, out: '1\n' });
    const cable = await run('-b', `serial:${boards[0]?.tty ?? ''},sh*`, '--json', 'eval', '1');
    const answers = JSON.parse(cable.out) as { board: string; id: string }[];
    expect(answers.find((a) => a.board === 'desk')?.id).toBe(`serial:${boards[0]?.tty ?? ''}`);
  });

  it('asks the agent of a board that is plugged in through its broker', async () => {
    const { status, out } = await run('-b', 'desk', 'config', 'get');
    expect([status, out]).toEqual([0, expect.stringContaining('name: hall')]);
  });
});
