import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startUboard, tempDir } from '../../lab/index.mjs';
import type { Uboard } from '../../lab/uboard.mjs';
import { BuiltCli } from '../rig/cliRig';
import { inTerminal, type Step } from '../rig/cliTerminal';

let cli: BuiltCli;
let board: Uboard;
const type = (args: readonly string[], steps: readonly Step[]) =>
  inTerminal([process.execPath, cli.path, '-b', board.tty, ...args], steps);

beforeAll(async () => {
  cli = await BuiltCli.build();
  board = await startUboard();
});
afterAll(() => board.stop());

it('is a REPL: keys go to the board, Ctrl-] leaves, --log keeps the output', async () => {
  const log = join(tempDir('log'), 'repl.log');
  const { screen, status } = await type(
    ['repl', '--log', log],
    [
      [/Ctrl-\] leaves[^]*2004h/, '\r'],
      ['>>> ', 'x = 6 * 7\r'],
      ['>>> ', 'x\r'],
      [/\n42\r+\n>>> $/, '\x1d'],
    ],
  );
  expect(status).toBe(0);
  expect(screen).toContain('42');
  expect(readFileSync(log, 'utf8')).toContain('\n>>> x\n42\n>>> ');
});

const CODE = `def f(n):
    if n:

        # a comment
        return "yes" * n
    return 0

print(f(3))
`;
it.each([
  ['marked by the terminal', `\x1b[200~${CODE}\x1b[201~`],
  ['as a Windows console hands it over', CODE.replaceAll('\n', '\r')],
])('takes pasted code as it is, %s', async (_, paste) => {
  const { screen } = await type(
    ['repl'],
    [
      ['2004h', paste],
      ['\nyesyesyes', '\x18'],
    ],
  );
  expect(screen).not.toContain('Traceback');
});

it('passes on a long paste unchanged', async () => {
  const lines = Array.from({ length: 300 }, (_, i) => `total += ${i} # ${'x'.repeat(60)}`);
  const paste = `total = 0\n${lines.join('\n')}\nprint("sum", total)\n`;
  const { screen } = await type(
    ['repl'],
    [
      ['2004h', `\x1b[200~${paste}\x1b[201~`],
      ['\nsum 44850', '\x1d'],
    ],
  );
  expect(screen).not.toContain('Traceback');
});

it('does not disturb a program, and Ctrl-C stops it', async () => {
  const busy = await startUboard({
    files: { 'main.py': 'import time\nwhile True:\n  print("tick")\n  time.sleep(0.2)\n' },
  });
  try {
    const { screen } = await inTerminal(
      [process.execPath, cli.path, '-b', busy.tty, 'repl'],
      [
        [/(tick\r+\n){3}/, '\x03'],
        [/KeyboardInterrupt[^]*>>> $/, '\x1d'],
      ],
    );
    expect(screen).toContain('tick');
  } finally {
    await busy.stop();
  }
});

it('wipes a board only after its name was typed', async () => {
  const wiped = await startUboard();
  const wipe = (answer: string) =>
    inTerminal([process.execPath, cli.path, '-b', wiped.tty, 'wipe'], [[/to continue: $/, answer]]);
  try {
    const made = "import os\nos.mkdir('lib')\nfor n in 'main.py','lib/a.py': open(n,'w').close()";
    await cli.run(['-b', wiped.tty, 'exec', made]);
    const before = Object.keys(await wiped.files());
    const refused = await wipe('yes\r');
    expect(refused.screen).toMatch(/no copy is kept[^]*Nothing was changed/);
    expect(refused.status).toBe(130);
    expect(await cli.run(['-b', wiped.tty, 'wipe'])).toMatchObject({ status: 64 });
    expect(Object.keys(await wiped.files())).toEqual(before);
    const name = /Type (\S+) to continue/.exec(refused.screen)?.[1] ?? '';
    const done = await wipe(`${name}x\x7f\r`);
    expect([done.screen, done.status]).toEqual([expect.stringContaining('deleted'), 0]);
    expect(Object.keys(await wiped.files())).toEqual([]);
  } finally {
    await wiped.stop();
  }
});

it('names the command to use in a pipe', async () => {
  const ran = await cli.run(['-b', board.tty, 'repl'], { input: 'print(1)\n' });
  expect(ran).toMatchObject({ status: 64, out: '' });
  expect(ran.err).toMatch(/repl needs a terminal\n.*exec -/);
});

it('passes typed text to input(), which Ctrl-C ends', async () => {
  const ask = ['exec', 'while True:\n  print("hello", input("name? "))'];
  const { screen, status } = await type(ask, [
    ['name? ', 'bpb\x7f\x7fob\r'],
    [/hello bob\r+\nname\? /, '\x03'],
  ]);
  expect(screen).toContain('hello bob');
  expect(status).toBe(130);
  expect((await cli.run(['-b', board.tty, 'eval', '1+1'])).out).toBe('2\n');
});

it('shows colours, and keeps from the terminal what would reach the computer; a pipe gets every byte', async () => {
  const [clipboard, title] = ['\x1b]52;c;cm0=\x07', '\x1b]0;title\x1b\\'];
  const printed = `${clipboard}\x1b[31mred\x1b[0m${title} end`;
  const code = `print(${JSON.stringify(printed).replaceAll('\\u00', '\\x')})`;
  const piped = await cli.run(['-b', board.tty, 'exec', code]);
  expect(piped).toMatchObject({ status: 0, out: `${printed}\n` });
  const ran = await type(['exec', code], []);
  const typed = await type(
    ['repl'],
    [
      [/2004h/, '\r'],
      ['>>> ', `${code}\r`],
      [/red[^]* end[^]*>>> $/, '\x1d'],
    ],
  );
  for (const { screen, status } of [ran, typed]) {
    expect(status).toBe(0);
    expect(screen).toContain('\x1b[31mred\x1b[0m end');
    expect(screen).not.toContain('\x1b]');
  }
});
