import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startUboard, tempDir } from '../../lab/index.mjs';
import { BuiltCli } from '../rig/cliRig';

let cli: BuiltCli;
let board: Awaited<ReturnType<typeof startUboard>>;
let dir: string;

beforeAll(async () => {
  dir = tempDir('cli-pipes');
  writeFileSync(join(dir, 'big.bin'), randomBytes(200_000));
  [cli, board] = await Promise.all([BuiltCli.build(), startUboard({ name: 'pipes' })]);
  expect(await cli.run([...on(), 'put', 'big.bin', ':kept.bin'], { cwd: dir })).toMatchObject({
    status: 0,
  });
});
afterAll(() => board.stop());

const on = () => ['-b', `serial:${board.tty}`];

/** Runs `mpyfleet` in a shell whose `rest` reads what it prints. Returns the status of the pipe. */
function piped(args: readonly string[], rest: string): Promise<unknown> {
  const line = `"$0" "$@" ${rest}`;
  const env = { PATH: process.env.PATH, XDG_CONFIG_HOME: dir, XDG_STATE_HOME: dir };
  return new Promise((resolve) => {
    const all = ['-o', 'pipefail', '-c', line, process.execPath, cli.path, ...on(), ...args];
    execFile('bash', all, { cwd: dir, env }, (error) => resolve(error?.code ?? 0));
  });
}

describe('a command whose output is no longer read', () => {
  it.each([
    { name: 'an upload that logs every byte', args: ['-vv', 'put', 'big.bin', ':'], to: '2>&1 |' },
    {
      name: 'an upload whose log alone is read',
      args: ['-vv', 'put', 'big.bin', ':'],
      to: '2>&1 >/dev/null |',
    },
    { name: 'a program that prints forever', args: ['exec', 'while True: print(1)'], to: '|' },
    { name: 'a download', args: ['cat', ':kept.bin'], to: '|' },
  ])('ends as other tools do, and leaves the board ready: $name', async ({ args, to }) => {
    expect(await piped(args, `${to} head -c 1000 >/dev/null`)).toBe(141);
    const after = await cli.run([...on(), 'exec', 'import os\nprint(os.listdir("/"))']);
    expect(after, after.err).toMatchObject({ status: 0, out: "['kept.bin']\n" });
  });
});
