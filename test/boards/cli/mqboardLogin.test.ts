import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startMosquitto, startUboard, tempDir } from '../../lab/index.mjs';
import type { Uboard } from '../../lab/uboard.mjs';
import { agentFiles } from '../rig/agent/board';
import { BuiltCli } from '../rig/cliRig';

let cli: BuiltCli;
let broker: Awaited<ReturnType<typeof startMosquitto>>;
let board: Uboard;
const dir = tempDir('mqboard-login');

beforeAll(async () => {
  const config = ['set_tcp_nodelay true'];
  const users = { old: 'of the board', ann: 'of a person' };
  [cli, broker] = await Promise.all([BuiltCli.build(), startMosquitto({ users, config })]);
  const responder = readFileSync(
    join(import.meta.dirname, '../rig/agent/mqboardResponder.py'),
    'utf8',
  );
  const login = `${broker.port}, "user": "old", "password": "of the board"`;
  board = await startUboard({
    ...{ name: 'old1', heap: 1000, sizeKib: 4096 },
    files: {
      ...(await agentFiles()),
      '/mpyfleet/__init__.py': '',
      '/main.py': responder.replace('PORT', login),
    },
  });
});
afterAll(async () => {
  await board.stop();
  await broker.stop();
});

it('logs in to a broker of mqboard by variables alone', async () => {
  const env = {
    MQBOARD_SERVER: '127.0.0.1',
    MQBOARD_PORT: String(broker.port),
    MQBOARD_PREFIX: 'old/board',
    MQBOARD_USER: 'ann',
    MQBOARD_PASSWORD: 'of a person',
  };
  const exec = (more: Record<string, string> = {}) =>
    cli.run(['-b', 'mqboard', 'exec', 'print(6*7)'], { cwd: dir, env: { ...env, ...more } });
  // The board may still be connecting to its broker.
  await expect.poll(async () => (await exec()).out, { timeout: 60_000 }).toBe('42\n');
  const wrong = await exec({ MQBOARD_PASSWORD: 'wrong' });
  expect(wrong).toMatchObject({
    status: 2,
    err: expect.stringContaining('MQBOARD_USER and MQBOARD_PASSWORD') as string,
  });
  const incomplete = await exec({ MQBOARD_USER: '' });
  expect(incomplete).toMatchObject({
    status: 64,
    err: expect.stringContaining('without MQBOARD_USER') as string,
  });
  // A project may name another broker with this id. It does not get the password.
  const url = `mqtt://localhost:${broker.port}`;
  const brokers = { mqboard: { url, username: 'ann' } };
  writeFileSync(join(dir, 'fleet.json'), JSON.stringify({ brokers }));
  const other = await cli.run(['-b', 'mqboard://mqboard/old/board', 'exec', '1'], {
    cwd: dir,
    env: { ...env, MPYFLEET_CONFIG: 'fleet.json' },
  });
  expect(other).toMatchObject({
    status: 2,
    err: expect.stringContaining('rejects ann without a password') as string,
  });
}, 120_000);
