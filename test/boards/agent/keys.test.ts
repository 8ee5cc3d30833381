import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startMosquitto, tempDir } from '../../lab/index.mjs';
import { ADMIN_KEY, type AgentBoard } from '../rig/agent/board';
import { BuiltCli } from '../rig/cliRig';
import { startAnnounced } from '../rig/mqttRig';

// Keys of people on boards, some of them away, given from the shell and tried on the wire.

let cli: BuiltCli;
let broker: Awaited<ReturnType<typeof startMosquitto>>;
let boards: AgentBoard[];
let dir: string;
const PASSPHRASE = { MPYFLEET_PASSPHRASE: 'a long enough passphrase' };
const run = (args: string[], keys = 'keys.json', env: Record<string, string> = PASSPHRASE) =>
  cli.run(args, { cwd: dir, env: { MPYFLEET_CONFIG: 'fleet.json', MPYFLEET_KEYS: keys, ...env } });
/** Runs a command, and shows its output if it fails. */
async function done(...args: Parameters<typeof run>) {
  const result = await run(...args);
  expect(result.status, result.err).toBe(0);
  return result;
}
const at = (i: number) => `mqtt://office/${boards[i]?.uid ?? ''}`;
const all = () => boards.map((_, i) => at(i)).join(',');
/** Returns the boards that can be read with a key file. The others reject the key. */
async function opens(keys: string): Promise<boolean[]> {
  return Promise.all(
    boards.map(async (_, i) => {
      const { status, err } = await run(['-b', at(i), 'info'], keys);
      if (status !== 0) expect(err).toMatch(/key|away|not connected/);
      return status === 0;
    }),
  );
}

beforeAll(async () => {
  dir = tempDir('keys');
  [cli, broker] = await Promise.all([BuiltCli.build(), startMosquitto()]);
  const started = ['key1', 'key2', 'key3'].map((name) => ({
    ...{ name, heap: 512, sizeKib: 4096 },
    // Each run of the program is a computer of its own to the board.
    config: { sessions: 32, keys: { admin: ADMIN_KEY.toString('hex') } },
  }));
  boards = await startAnnounced(broker, started, { backoff: [1, 1] });
  writeFileSync(join(dir, 'fleet.json'), JSON.stringify({ brokers: { office: broker.url } }));
  writeFileSync(join(dir, 'keys.json'), JSON.stringify({ '*': ADMIN_KEY.toString('hex') }), {
    mode: 0o600,
  });
});
afterAll(async () => {
  await Promise.all(boards.map((b) => b.stop()));
  await broker.stop();
});

it('people get keys in a sealed file, and one command locks out a lost laptop, also on boards that are away', async () => {
  const admin = ['-b', all(), 'keys', 'add', 'bo', '--role', 'admin', '--file', 'bo.keys'];
  await done(admin);
  expect(statSync(join(dir, 'bo.keys')).mode & 0o077).toBe(0);
  expect(readFileSync(join(dir, 'bo.keys'), 'utf8')).not.toMatch(/[0-9a-f]{64}/);
  const viewer = ['-b', all(), 'keys', 'add', 'ann', '--file', 'ann.keys'];
  await done(viewer);
  // Bo's and Ann's computers.
  const wrong = await run(['keys', 'import', 'bo.keys'], 'bo.json', {
    MPYFLEET_PASSPHRASE: 'another passphrase',
  });
  expect(wrong).toMatchObject({
    status: 64,
    err: expect.stringMatching(/passphrase is wrong/) as string,
  });
  await done(['keys', 'import', 'bo.keys'], 'bo.json');
  await done(['keys', 'import', 'ann.keys'], 'ann.json');
  expect(await opens('bo.json')).toEqual([true, true, true]);
  const listed = await run(['-b', at(0), 'keys', 'list'], 'bo.json');
  expect(listed.out.trim().split('\n').sort()).toEqual(
    ['admin', 'admin:bo', 'operator', 'viewer', 'viewer:ann'].sort(),
  );
  // Ann reads, and changes nothing.
  await done(['-b', at(0), 'ls', '/'], 'ann.json');
  expect((await run(['-b', at(0), 'exec', '1'], 'ann.json')).err).toMatch(/does not allow this/);

  // One board is away when Bo loses his laptop.
  await boards[2]?.kill();
  const lost = await run(['-b', all(), 'keys', 'revoke', 'bo']);
  expect(lost).toMatchObject({
    status: 0,
    out: expect.stringMatching(/receives the change from/) as string,
  });
  expect(await opens('bo.json')).toEqual([false, false, false]);
  await boards[2]?.restart();
  const isKnown = async () => (await run(['-b', at(2), 'keys', 'list'])).out;
  await expect.poll(isKnown, { timeout: 60_000, interval: 500 }).toContain('viewer:ann');
  await expect.poll(isKnown, { timeout: 60_000, interval: 500 }).not.toContain('admin:bo');
  expect(await opens('bo.json')).toEqual([false, false, false]);
  await done(['-b', at(0), 'ls', '/'], 'ann.json');
}, 180_000);

it('a new admin key ends all earlier keys', async () => {
  await done(['-b', at(0), 'keys', 'renew']);
  const old = { '*': ADMIN_KEY.toString('hex') };
  writeFileSync(join(dir, 'old.json'), JSON.stringify(old), { mode: 0o600 });
  expect((await run(['-b', at(0), 'info'], 'old.json')).status).not.toBe(0);
  expect((await run(['-b', at(0), 'ls', '/'], 'ann.json')).status).not.toBe(0);
  await done(['-b', at(0), 'info']);
  await done(['-b', at(1), 'info']);
  // The sealed file of this computer contains the new key.
  await done(['-b', at(0), 'keys', 'export', 'all.keys']);
  await done(['keys', 'import', 'all.keys'], 'new.json');
  expect(await run(['-b', at(0), 'exec', 'print(6*7)'], 'new.json')).toMatchObject({ out: '42\n' });
}, 90_000);

it('boards at a broker are adopted, ignored and forgotten from the shell', async () => {
  const key = { MPYFLEET_KEY: ADMIN_KEY.toString('hex') };
  const wrong = { MPYFLEET_KEY: '0'.repeat(64) };
  const uid = boards[1]?.uid ?? '';
  const adopt = ['-b', at(1), 'adopt'];
  writeFileSync(join(dir, 'adopted.json'), '{}', { mode: 0o600 });
  // A key that the board refuses is not kept.
  expect((await run(adopt, 'adopted.json', wrong)).status).not.toBe(0);
  expect(readFileSync(join(dir, 'adopted.json'), 'utf8')).not.toContain(uid);
  await done(adopt, 'adopted.json', key);
  await done(['-b', at(1), 'info'], 'adopted.json');
  expect((await run(['-b', at(0), 'info'], 'adopted.json')).status).not.toBe(0);

  const names = async () => {
    const { out } = await run(['list', '--json']);
    return (JSON.parse(out) as { name: string }[]).map((b) => b.name).sort();
  };
  expect(await names()).toEqual(['key1', 'key2', 'key3']);
  await done(['-b', at(1), 'ignore']);
  expect(await names()).toEqual(['key1', 'key3']);
  expect((await run(['-b', 'key*', 'eval', '1', '--json'])).out).not.toContain('key2');
  expect((await run(['ignore', 'list'])).out).toBe(`${uid}\n`);
  await done(['ignore', 'undo', uid]);

  const online = await run(['-b', at(2), 'forget']);
  expect(online).toMatchObject({ status: 64, err: expect.stringMatching(/is online/) as string });
  await boards[2]?.kill();
  await expect
    .poll(async () => (await run(['list'])).out, { timeout: 60_000, interval: 500 })
    .toMatch(/ away$/m);
  await done(['-b', at(2), 'forget']);
  expect(await names()).toEqual(['key1', 'key2']);
}, 120_000);
