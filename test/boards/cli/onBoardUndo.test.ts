// What cp, mv and edit replace on a board itself, and undo.
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startMosquitto, tempDir } from '../../lab/index.mjs';
import { ADMIN_KEY, startAgentBoard } from '../rig/agent/board';
import { CliBoards } from '../rig/cliBoards';

const rig = CliBoards.use();
const NOTHING = { status: 64, err: expect.stringContaining('can be undone') as string };

/** `mpyfleet` for the first board, with an undo history of its own, and a folder `dir` on the board. */
async function place(dir: string) {
  const cwd = tempDir(`undo-${dir}`);
  const state = join(cwd, 'state');
  const run = (args: readonly string[], more: Record<string, string> = {}) =>
    rig.cli.run(['-b', rig.one, ...args], { cwd, env: { XDG_STATE_HOME: state, ...more } });
  const write = (name: string, text: string) =>
    `with open("/${dir}/${name}", "w") as f: f.write("${text}")\n`;
  const make = async (code: string) =>
    expect(await run(['exec', `import os\n${code}`])).toMatchObject({ status: 0 });
  await make(`os.mkdir("/${dir}")`);
  return {
    run,
    /** Writes files of the board by a program of its own, which keeps no copies. */
    files: (all: Record<string, string>) =>
      make(
        Object.entries(all)
          .map(([name, text]) => write(name, text))
          .join(''),
      ),
    make,
    /** Runs a command that has to succeed, and returns its output. */
    done: async (...args: string[]) => {
      const ran = await run(args);
      expect(ran, args.join(' ')).toMatchObject({ status: 0 });
      return ran.out;
    },
    /** All files of the folder on the board. */
    holds: async () => {
      const files = (await rig.boards[0]?.files()) ?? {};
      const own = Object.entries(files).filter(([path]) => path.startsWith(`/${dir}/`));
      return Object.fromEntries(
        own.map(([path, content]) => [path.slice(dir.length + 2), content.toString()]),
      );
    },
    /** Number of files of which a copy is kept. */
    copies: () =>
      readdirSync(join(state, 'micropython-fleet', 'undo')).filter((n) => n.endsWith('.blob'))
        .length,
  };
}

const replaced = () => `1 file replaced; "mpyfleet -b ${rig.tty()} undo" restores it\n`;

it('cp on the board keeps a copy of what it replaces, and undo removes new files', async () => {
  const { run, files, make, done, holds, copies } = await place('cp');
  await files({ a: 'new', b: 'old' });
  expect(await done('cp', ':cp/a', ':cp/b')).toBe(replaced());
  expect(await holds()).toEqual({ a: 'new', b: 'new' });
  expect(await done('undo')).toBe('1 restored, 0 removed\n');
  expect(await holds()).toEqual({ a: 'new', b: 'old' });
  expect(await run(['undo'])).toMatchObject(NOTHING);

  // A new place needs no copy. Identical files are not the next to be undone.
  expect(await done('cp', ':cp/a', ':cp/c')).toBe('');
  expect(copies()).toBe(0);
  expect(await done('cp', ':cp/a', ':cp/c')).toBe('');
  expect(await done('undo')).toContain('0 restored, 1 removed\n');
  expect(await holds()).toEqual({ a: 'new', b: 'old' });
  expect(await run(['undo'])).toMatchObject(NOTHING);

  await make('os.mkdir("/cp/d")\nos.mkdir("/cp/d/in")\nos.mkdir("/cp/e")\nos.mkdir("/cp/e/d")');
  await files({ 'd/x': 'dx', 'd/in/y': 'dy', 'e/d/x': 'ex' });
  const before = await holds();
  expect(await done('cp', '-r', ':cp/d', ':cp/a', ':cp/e')).toBe(replaced());
  expect(await holds()).toEqual({ ...before, 'e/d/x': 'dx', 'e/d/in/y': 'dy', 'e/a': 'new' });
  expect(await done('undo')).toContain('1 restored, 2 removed\n');
  expect(await holds()).toEqual(before);
  expect((await run(['ls', ':cp/e/d/in'])).status).toBe(1);

  expect(await done('cp', '--no-copy', ':cp/a', ':cp/b')).toBe('');
  expect(await holds()).toMatchObject({ b: 'new' });
  expect(await run(['undo'])).toMatchObject(NOTHING);
});

it('mv keeps a copy of what it replaces, and undo moves back', async () => {
  const { run, files, make, done, holds, copies } = await place('mv');
  await files({ a: 'A', b: 'B' });
  expect(await done('mv', ':mv/a', ':mv/b')).toBe(replaced());
  expect(await holds()).toEqual({ b: 'A' });
  expect(await done('undo')).toBe('2 restored, 0 removed\n');
  expect(await holds()).toEqual({ a: 'A', b: 'B' });
  expect(await run(['undo'])).toMatchObject(NOTHING);

  // A new name needs no copy, whatever is moved.
  await make('os.mkdir("/mv/d")\nos.mkdir("/mv/in")');
  await files({ 'd/x': 'X', 'in/b': 'in' });
  const before = await holds();
  expect(await done('mv', ':mv/d', ':mv/e')).toBe('');
  expect(await holds()).toEqual({ a: 'A', b: 'B', 'e/x': 'X', 'in/b': 'in' });
  expect(copies()).toBe(0);
  expect(await done('undo')).toBe('1 restored, 0 removed\n');
  expect(await holds()).toEqual(before);

  // All files of one command together. What has changed since is moved back with its changes.
  expect(await done('mv', ':mv/a', ':mv/b', ':mv/d', ':mv/in')).toBe(replaced());
  expect(await holds()).toEqual({ 'in/a': 'A', 'in/b': 'B', 'in/d/x': 'X' });
  await files({ 'in/b': 'B2' });
  expect(await done('undo')).toBe('4 restored, 0 removed\n');
  expect(await holds()).toEqual({ ...before, b: 'B2' });

  // Undo never moves over another file.
  await done('mv', ':mv/a', ':mv/c');
  await files({ a: 'another' });
  expect(await done('undo')).toBe('0 restored, 0 removed\n');
  expect(await holds()).toMatchObject({ a: 'another', c: 'A' });

  // A rejected command is not the next to be undone.
  await make('os.mkdir("/mv/in/d")');
  await files({ 'in/d/y': 'Y' });
  for (const [from, error] of [
    [':mv/d', 'not empty'],
    [':mv/none', 'not on the board'],
  ] as const)
    expect(await run(['mv', from, ':mv/in'])).toMatchObject({
      status: 1,
      err: expect.stringContaining(error) as string,
    });
  expect(await run(['mv', ':mv/in/b', ':mv/b', ':mv/d'])).toMatchObject({
    status: 64,
    err: expect.stringContaining('Several of these files would become /mv/d/b') as string,
  });
  expect(await run(['undo'])).toMatchObject(NOTHING);

  expect(await done('mv', '--no-copy', ':mv/a', ':mv/b')).toBe('');
  expect(await holds()).toMatchObject({ b: 'another' });
  expect(await run(['undo'])).toMatchObject(NOTHING);
});

const CARD = `class B:
    def __init__(s): s.d = bytearray(64 * 512)
    def readblocks(s, n, b, o=0): b[:] = s.d[n * 512 + o:n * 512 + o + len(b)]
    def writeblocks(s, n, b, o=0): s.d[n * 512 + o:n * 512 + o + len(b)] = b
    def ioctl(s, op, a): return {4: 64, 5: 512, 6: 0}.get(op)
b = B()
os.VfsLfs2.mkfs(b)
os.mount(b, "/card")
with open("/card/a", "w") as f: f.write("card")
os.mkdir("/card/d")
with open("/card/d/z", "w") as f: f.write("z")
`;

it('mv to another file system and its undo lose nothing either', async () => {
  const { run, files, make, done, holds } = await place('far');
  await files({ a: 'A' });
  await make(`${CARD}\nos.mkdir("/far/d")`);
  await files({ 'd/x': 'X' });
  expect(await done('mv', ':far/a', ':/card')).toBe(replaced());
  expect(await done('cat', ':/card/a')).toBe('A');
  expect(await done('undo')).toBe('2 restored, 0 removed\n');
  expect(await holds()).toEqual({ a: 'A', 'd/x': 'X' });
  expect(await done('cat', ':/card/a')).toBe('card');
  // Two folders are not mixed: undo could not tell them apart.
  expect((await run(['mv', ':far/d', ':/card'])).status).toBe(1);
  expect(await holds()).toEqual({ a: 'A', 'd/x': 'X' });
  expect(await done('ls', '-r', ':/card')).not.toContain('x');
  await make('os.umount("/card")');
});

it('edit keeps a copy of the old text, and undo leaves a new file', async () => {
  const { run, files, done, holds } = await place('ed');
  await files({ 'e.py': 'x = 1' });
  const edit = (...args: string[]) =>
    run(['edit', ...args], { EDITOR: 'sh -c \'printf "x = 2" > "$0"\'' });
  expect(await edit(':ed/e.py')).toMatchObject({
    status: 0,
    out: `/ed/e.py written, 5 bytes\n${replaced()}`,
  });
  expect(await holds()).toEqual({ 'e.py': 'x = 2' });
  // Its text is nowhere else.
  expect(await edit(':ed/new.py')).toMatchObject({ out: '/ed/new.py written, 5 bytes\n' });
  expect(await done('undo')).toBe('1 restored, 0 removed\n');
  expect(await holds()).toEqual({ 'e.py': 'x = 1', 'new.py': 'x = 2' });
  expect(await edit('--no-copy', ':ed/e.py')).toMatchObject({
    status: 0,
    out: '/ed/e.py written, 5 bytes\n',
  });
  expect(await run(['undo'])).toMatchObject(NOTHING);
});

it('cp and mv on a board behind a broker can be undone, too', async () => {
  const broker = await startMosquitto({ config: ['set_tcp_nodelay true'] });
  const board = await startAgentBoard({
    name: 'far',
    broker: { host: '127.0.0.1', port: broker.port },
    files: { '/a': 'A', '/b': 'B' },
  });
  try {
    const cwd = tempDir('undo-broker');
    const text = (name: string, value: unknown) =>
      writeFileSync(join(cwd, name), JSON.stringify(value), { mode: 0o600 });
    text('fleet.json', { brokers: { office: broker.url } });
    text('keys.json', { '*': ADMIN_KEY.toString('hex') });
    const env = {
      MPYFLEET_CONFIG: 'fleet.json',
      MPYFLEET_KEYS: 'keys.json',
      XDG_STATE_HOME: join(cwd, 'state'),
    };
    const run = (...args: string[]) => rig.cli.run(['-b', 'far', ...args], { cwd, env });
    const both = async () => (await run('cat', ':/a', ':/b')).out;
    const said = '1 file replaced; "mpyfleet -b far undo" restores it\n';
    expect(await run('cp', ':/a', ':/b')).toMatchObject({ status: 0, out: said });
    expect(await both()).toBe('AA');
    expect((await run('undo')).out).toBe('1 restored, 0 removed\n');
    expect(await both()).toBe('AB');
    expect(await run('mv', ':/a', ':/b')).toMatchObject({ status: 0, out: said });
    expect((await run('cat', ':/b')).out).toBe('A');
    expect((await run('undo')).out).toBe('2 restored, 0 removed\n');
    expect(await both()).toBe('AB');
  } finally {
    await board.stop();
    await broker.stop();
  }
});
