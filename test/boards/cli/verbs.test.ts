import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startUboard, tempDir } from '../../lab/index.mjs';
import type { Uboard } from '../../lab/uboard.mjs';
import { BuiltCli, type RunOptions } from '../rig/cliRig';

let cli: BuiltCli;
let board: Uboard;
let other: Uboard;
let dir: string;
const run = (args: readonly string[], options: RunOptions = {}) =>
  cli.run(['-b', board.tty, ...args], { cwd: dir, ...options });
const done = async (...args: string[]) => {
  const ran = await run(args);
  expect([args, ran.status, ran.err]).toEqual([args, 0, '']);
  return ran.out;
};
const put = (name: string, content: string) => writeFileSync(join(dir, name), content);

beforeAll(async () => {
  cli = await BuiltCli.build();
  [board, other] = await Promise.all([startUboard(), startUboard()]);
});
beforeEach(() => {
  dir = tempDir('verbs');
});
afterAll(() => Promise.all([board.stop(), other.stop()]));

describe('running code', () => {
  it.each([
    [
      'input()',
      'print("hello", input("name? "))\nprint(input())',
      'bob\nlast\n',
      'hello bob\nlast\nlast\n',
    ],
    [
      'sys.stdin',
      'import sys\nprint([sys.stdin.readline() for _ in range(2)])',
      'a\nb\n',
      "['a\\n', 'b\\n']\n",
    ],
  ])('hands the lines of a pipe to %s', async (_, code, input, end) => {
    const ran = await run(['exec', code], { input });
    expect([ran.status, ran.err, ran.out.slice(-end.length)]).toEqual([0, '', end]);
  });

  it('runs macros of fleet.json: code, lines, files of the folder, and kept scripts', async () => {
    const home = tempDir('macros');
    mkdirSync(join(dir, '.micropython'));
    put(
      '.micropython/fleet.json',
      JSON.stringify({
        macros: {
          six: 'print(6)',
          lines: ['for i in range(2):', '  print(i)'],
          file: { file: 'seven.py' },
          link: { file: 'passwd' },
          kept: { kept: 'eight.py' },
        },
      }),
    );
    put('seven.py', 'print(7)\n');
    put('eight.py', 'print(8)\n');
    symlinkSync('/etc/passwd', join(dir, 'passwd'));
    const env = { XDG_STATE_HOME: home };
    const macro = (...args: string[]) => run(['macro', ...args], { env });
    expect(await cli.run(['script', 'keep', 'eight.py'], { cwd: dir, env })).toMatchObject({
      status: 0,
    });
    expect((await macro('six')).out).toBe('6\n');
    expect((await macro('lines')).out).toBe('0\n1\n');
    expect((await macro('file')).out).toBe('7\n');
    expect((await macro('kept')).out).toBe('8\n');
    expect(await macro('link')).toMatchObject({
      status: 64,
      err: expect.stringContaining('passwd is outside') as string,
    });
    expect(await macro('nine')).toMatchObject({
      status: 64,
      err: 'mpyfleet: There is no macro called nine\nThere are: six, lines, file, link, kept.\n',
    });
    expect((await cli.run(['macro'], { cwd: dir, env })).out).toBe(
      'six  print(6)\nlines  for i in range(2): …\nfile  seven.py\nlink  passwd\nkept  kept:eight.py\n',
    );
    put('.micropython/fleet.json', '{"macros": {"up": {"file": "../x.py"}}}');
    expect(await macro('up')).toMatchObject({
      status: 64,
      err: expect.stringContaining('The macro "up" is invalid') as string,
    });
  });

  it('passes more lines than the board can hold', async () => {
    const lines = Array.from({ length: 60 }, (_, i) => `line ${i} ${'x'.repeat(100)}`);
    const code = 'n = 0\nfor _ in range(60):\n  n += len(input())\nprint("sum", n)';
    const ran = await run(['exec', code], { input: `${lines.join('\n')}\n` });
    expect(ran.out).toMatch(new RegExp(`sum ${lines.join('').length}\\n$`));
  });

  it('reports input() that waits for missing input, and leaves the board usable', async () => {
    const ran = await run(['exec', 'print(input("name? "))']);
    expect(ran).toMatchObject({
      status: 1,
      err: 'EOFError: The code waits for input(), and standard input has ended\n',
    });
    expect(await done('eval', '1 + 1')).toBe('2\n');
  });

  it('runs a file and evaluates an expression', async () => {
    put('a.py', 'print("from a")\n');
    expect(await done('run', 'a.py')).toBe('from a\n');
    expect(await done('eval', '2**100 # big')).toBe(`${2n ** 100n}\n`);
    expect(await done('eval', '1, 2')).toBe('(1, 2)\n');
    expect(await run(['run', 'missing.py'])).toMatchObject({ status: 64 });
    expect(await run(['eval', '1/0'])).toMatchObject({ status: 1 });
  });

  it('runs code with Windows line ends, emoji, long lines and mixed indentation', async () => {
    put('crlf.py', 'print("a")\r\nif 1:\r\n    print("b")\r\n# caf\u00e9\r\n');
    put('emoji.py', 'print("\u{1f600} ok")\n');
    put('long.py', `x = "${'y'.repeat(60_000)}"\nprint(len(x))\n`);
    put('tabs.py', 'def f():\n\tif 1:\n        return 1\n');
    put('eot.py', "print('\\x04T: 1')\nprint('after')\n");
    const files = ['crlf.py', 'emoji.py', 'long.py', 'eot.py'];
    const ran = await done(...files.flatMap((file, i) => [...(i ? ['+'] : []), 'run', file]));
    expect(ran).toMatch(/^a\nb\n\u{1f600} ok\n60000\n[^]?T: 1\nafter\n$/u);
    const mixed = await run(['run', 'tabs.py']);
    expect([mixed.status, mixed.err]).toEqual([
      1,
      expect.stringMatching(/IndentationError|SyntaxError/),
    ]);
  });

  it('runs files with a byte order mark, and warns when it uploads one', async () => {
    put('bom.py', '\ufeffprint("fine")\n');
    put('fleet.json', `\ufeff{"boards": {"desk": "serial:${board.tty}"}}`);
    expect(await done('exec', 'bom.py')).toBe('fine\n');
    expect(await run(['run', '-'], { input: '\ufeffprint("fine")\n' })).toMatchObject({
      out: 'fine\n',
    });
    const env = { MPYFLEET_CONFIG: 'fleet.json' };
    expect(await cli.run(['-b', 'desk', 'eval', '7'], { cwd: dir, env })).toMatchObject({
      out: '7\n',
    });
    expect(await done('put', 'bom.py', ':')).toMatch(/byte order mark[^]*1 file/);
  });
});

describe('files', () => {
  it('expands patterns here and on the board, where the shell has left them', async () => {
    put('one.py', '1\n');
    put('two.py', '2\n');
    put('notes.txt', 'x\n');
    await done('mkdir', '-p', ':w/in');
    await done('put', '*.py', 'n?tes.txt', ':w/');
    expect(await done('ls', ':w/*.py')).toBe('         2  /w/one.py\n         2  /w/two.py\n');
    expect(await done('cat', ':w/*.py')).toBe('1\n2\n');
    await done('get', ':w/[no]*.*', 'back/');
    expect(readFileSync(join(dir, 'back', 'notes.txt'), 'utf8')).toBe('x\n');
    await done('mv', ':w/*.py', ':w/in');
    await done('rm', ':w/*/o*.py');
    expect(await done('tree', ':w')).toBe(
      '/w\n├── in/\n│   └── two.py\n└── notes.txt\n1 folder, 2 files, 4 bytes\n',
    );
    expect(await run(['rm', ':w/*.mpy'])).toMatchObject({
      status: 1,
      err: expect.stringMatching(/Nothing on the board matches/) as string,
    });
    expect(await run(['put', '*.mpy', ':'])).toMatchObject({
      status: 64,
      err: expect.stringMatching(/No local file matches/) as string,
    });
  });

  it('takes a name with brackets literally if the file exists', async () => {
    put('a[1].txt', 'itself\n');
    await done('put', 'a[1].txt', ':b[1].txt');
    expect(await done('cat', ':b[1].txt')).toBe('itself\n');
  });

  it('moves, copies, touches and hashes as the shell does', async () => {
    put('data.bin', 'content\n');
    await done('put', 'data.bin', ':m.bin');
    await done('mkdir', ':box');
    await done('cp', ':m.bin', ':box');
    await done('mv', ':m.bin', ':n.bin');
    await done('touch', ':n.bin', ':empty');
    const hash = createHash('sha256').update('content\n').digest('hex');
    const none = createHash('sha256').digest('hex');
    expect(await done('sha256sum', ':n.bin', ':box/m.bin', ':empty')).toBe(
      `${hash}  /n.bin\n${hash}  /box/m.bin\n${none}  /empty\n`,
    );
    expect(await run(['cp', ':box', ':box2'])).toMatchObject({
      status: 1,
      err: expect.stringContaining('Add -r') as string,
    });
    expect(await run(['mv', ':n.bin', ':empty', ':nowhere'])).toMatchObject({ status: 1 });
    expect(await run(['sha256sum', ':missing'])).toMatchObject({ status: 1 });
  });

  it('copies here, there and between boards', async () => {
    put(
      'fleet.json',
      JSON.stringify({ boards: { desk: `serial:${board.tty}`, shelf: `serial:${other.tty}` } }),
    );
    put('a.py', 'A = 1\n');
    const cp = (...args: string[]) =>
      cli.run(['cp', ...args], { cwd: dir, env: { MPYFLEET_CONFIG: 'fleet.json' } });
    expect(await cp('a.py', 'desk:pack/a.py')).toMatchObject({ status: 0 });
    expect(await cp('-r', 'desk:pack', 'shelf:')).toMatchObject({
      status: 0,
      out: '1 file, 6 bytes\n',
    });
    expect(await cp(`serial:${other.tty}::/pack/a.py`, 'b.py')).toMatchObject({ status: 0 });
    expect(readFileSync(join(dir, 'b.py'), 'utf8')).toBe('A = 1\n');
    expect((await other.files())['/pack/a.py']?.toString()).toBe('A = 1\n');
    expect(await cp('desk:pack', 'shelf:')).toMatchObject({ status: 1 });
    expect(await cp('a.py', 'b.py')).toMatchObject({ status: 64 });
  });

  it('moves files to another file system', async () => {
    const card =
      'import os\nclass B:\n  def __init__(s): s.d=bytearray(64*512)\n  def readblocks(s,n,b,o=0): b[:]=s.d[n*512+o:n*512+o+len(b)]\n  def writeblocks(s,n,b,o=0): s.d[n*512+o:n*512+o+len(b)]=b\n  def ioctl(s,op,a): return {4:64,5:512,6:0}.get(op)\nb=B()\nos.VfsLfs2.mkfs(b)\nos.mount(b,"/sd")';
    await done('exec', card);
    put('far.txt', 'far\n');
    await done('put', 'far.txt', ':/far.txt');
    await done('mv', ':/far.txt', ':/sd/far.txt');
    expect(await done('cat', ':/sd/far.txt')).toBe('far\n');
    expect(await run(['ls', ':/far.txt'])).toMatchObject({ status: 1 });
    expect(await done('df')).toMatch(
      /^mounted at +bytes +used +free +use\n\/ +2097152 .*\n\/sd +32768 .*\n$/,
    );
    await done('exec', 'os.umount("/sd")');
  });

  it("edits a file in the user's editor, and keeps the text if it cannot be written", async () => {
    await done('exec', 'with open("/e.py", "w") as f: f.write("x = 1\\n")');
    const edit = (EDITOR: string) => run(['edit', ':e.py'], { env: { EDITOR } });
    expect(await edit('sed -i s/1/2/')).toMatchObject({
      status: 0,
      out: expect.stringMatching(/^\/e\.py written, 6 bytes\n1 file replaced; /) as string,
    });
    expect(await done('cat', ':e.py')).toBe('x = 2\n');
    expect(await edit('true')).toMatchObject({ status: 0, out: '/e.py was not changed\n' });
    expect(await edit('false')).toMatchObject({ status: 64 });
    expect(
      await run(['edit', ':new.py'], { env: { VISUAL: 'sh -c \'echo hi >> "$0"\'' } }),
    ).toMatchObject({ status: 0 });
    expect(await done('cat', ':new.py')).toBe('hi\n');
    // Another program writes the file while it is open in the editor.
    put('other.py', 'other');
    const write = `${process.execPath} ${cli.path} -b ${board.tty} put ${join(dir, 'other.py')} :/e.py`;
    const meanwhile = `sh -c 'echo typed > "$0"; ${write} > /dev/null'`;
    const lost = await edit(meanwhile);
    expect(lost).toMatchObject({
      status: 1,
      err: expect.stringMatching(/changed on the board.*Nothing was written/) as string,
    });
    const kept = /saved in (.*)\./.exec(lost.err)?.[1] ?? '';
    expect(readFileSync(join(kept, 'e.py'), 'utf8')).toBe('typed\n');
    expect(await done('cat', ':e.py')).toBe('other');
  });
});

describe('the rest', () => {
  it('runs several commands, as long as they succeed', async () => {
    put('main.txt', 'x\n');
    expect(await done('put', 'main.txt', ':', '+', 'cat', ':main.txt', '+', 'eval', '6*7')).toBe(
      '1 file, 2 bytes\nx\n42\n',
    );
    expect(await run(['eval', '1/0', '+', 'eval', '1'])).toMatchObject({ status: 1, out: '' });
    // A mistake in the last command leaves nothing half done.
    expect(await run(['touch', ':half', '+', 'fly'])).toMatchObject({ status: 64 });
    expect(await run(['touch', ':half', '+', 'ls', '--hard'])).toMatchObject({ status: 64 });
    expect(await run(['touch', ':half', '+'])).toMatchObject({ status: 64 });
    expect(await run(['ls', ':half'])).toMatchObject({ status: 1 });
  });

  it.each([
    [['ls', 'C:/Program Files/Git/lib']],
    [['mkdir', '-p', 'C:/Program Files/Git/data']],
    [['rm', '-r', 'C:\\data']],
    [['sync', '.', 'C:/Program Files/Git/app']],
    [['put', 'a.py', 'C:/Program Files/Git/']],
    [['mip', 'list', '--target', 'C:/Program Files/Git/lib']],
  ])('refuses the path that Git Bash makes: %j', async (args) => {
    const before = await board.files();
    const ran = await run(args);
    expect(ran).toMatchObject({ status: 64, out: '' });
    expect(ran.err).toMatch(/MSYS_NO_PATHCONV=1/);
    expect(await board.files()).toEqual(before);
  });

  it('accepts --baud for every verb that opens a serial port', async () => {
    expect(await run(['--baud', '9600', 'reset'])).toMatchObject({ status: 0 });
    expect(await run(['--baud', '9600', '--timeout', '0.5', 'log'])).toMatchObject({
      status: 2,
      err: expect.stringMatching(/within/) as string,
    });
  });

  it('shows and sets the clock', async () => {
    const past = await startUboard({ clock: new Date('2020-02-03T00:00Z') });
    try {
      const rtc = (...args: string[]) => cli.run(['-b', past.tty, 'rtc', ...args]);
      expect((await rtc()).out).toMatch(/^2020-02-03 /);
      const now = new Date();
      const { out } = await rtc('--set');
      expect(Math.abs(new Date(out.trim()).getTime() - now.getTime())).toBeLessThan(60_000);
    } finally {
      await past.stop();
    }
  });

  it('reports firmware without a bootloader command', async () => {
    expect(await run(['bootloader'])).toMatchObject({
      status: 1,
      err: expect.stringContaining('cannot start a bootloader') as string,
    });
  });
});

describe('a folder of its own', () => {
  it('keeps a folder whose name is a pattern', async () => {
    mkdirSync(join(dir, 'p[1]'));
    put('p[1]/x.py', '1\n');
    await done('put', '-r', 'p[1]', ':');
    expect(await done('cat', ':p[1]/x.py')).toBe('1\n');
  });
});
