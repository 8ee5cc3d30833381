import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { root, startSerlink, startUboard } from '../../lab/index.mjs';
import type { Serlink } from '../../lab/serlink.mjs';
import type { Uboard } from '../../lab/uboard.mjs';
import { BuiltCli } from '../rig/cliRig';

// CircuitPython as far as it can be played by a MicroPython (see test/lab/boards/circuitpython): its start, its modules, and a
// drive that its own code may only read.

const FILES = {
  'code.py': 'print("blink")\n',
  'lib/neo pixel.py': 'GLOW = 1\n',
  'data.bin': '\x00\xff',
};
const here = join(root, 'test', 'lab', 'boards', 'circuitpython');
let board: Uboard;
let cable: Serlink;
let cli: BuiltCli;
beforeAll(async () => {
  const boot = readFileSync(join(here, 'boot.py'));
  board = await startUboard({ files: { ...FILES, 'boot.py': boot } });
  cable = await startSerlink({ to: `exec:python3 ${join(here, 'front.py')} ${board.tty}` });
  cli = await BuiltCli.build();
});
afterAll(async () => {
  await cable.stop();
  await board.stop();
});
const on = (...args: string[]) => cli.run(['-b', `serial:${cable.tty}`, ...args]);

it('leaves code.py alone unless it may be stopped', async () => {
  const { status, err } = await on('exec', 'print(1)');
  expect(status).toBe(2);
  expect(err).toContain('A program is running');
  expect(err).toContain('--stop');
});

it('gets from code.py through "press any key" to the REPL, and runs code', async () => {
  expect(await on('--stop', 'exec', 'print(6 * 7)')).toMatchObject({ status: 0, out: '42\n' });
});

it('says what it is, and that its files are read-only', async () => {
  const { status, out } = await on('info');
  expect(status).toBe(0);
  expect(out).toContain('circuitpython 9.2.1');
  expect(out).toContain('Adafruit Fake RP2040');
  expect(out).toContain('c15c01');
  expect(out).toContain('read only');
});

it('lists and reads its files', async () => {
  const { status, out } = await on('ls', '-r', '/');
  expect(status).toBe(0);
  for (const name of ['code.py', 'data.bin', 'neo pixel.py']) expect(out).toContain(name);
  expect(await on('cat', '/lib/neo pixel.py')).toMatchObject({ status: 0, out: 'GLOW = 1\n' });
  const data = (await on('cat', '/data.bin')).bytes;
  expect(data.equals(Buffer.from(FILES['data.bin']))).toBe(true);
});

it('shows a traceback as the board prints it', async () => {
  const { status, err, out } = await on('exec', '1/0');
  expect(status).toBe(1);
  expect(err + out).toContain('ZeroDivisionError');
});

it.each([
  ['put', ['put', join(here, 'front.py'), ':/front.py'], '/front.py'],
  ['put over a file', ['put', join(here, 'front.py'), ':/code.py'], '/code.py'],
  ['rm', ['rm', '/data.bin'], '/data.bin'],
  ['mkdir', ['mkdir', '/new'], '/new'],
])('%s: says what is read-only and what to do', async (_, args, path) => {
  const before = await board.files();
  const { status, err } = await on(...args);
  expect(status).toBe(1);
  expect(err).toContain(`${path} cannot be changed: the board's file system is read-only`);
  expect(err).toContain('CIRCUITPY');
  expect(await board.files()).toEqual(before);
});
