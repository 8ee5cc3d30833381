import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startMosquitto, tempDir } from '../../lab/index.mjs';
import { ADMIN_KEY, startAgentBoard } from '../rig/agent/board';
import { CliBoards } from '../rig/cliBoards';

const rig = CliBoards.use();

/** A folder with an undo history of its own, and `mpyfleet` in it. */
function place(name: string, more: Record<string, string> = {}) {
  const dir = tempDir(name);
  const env = { XDG_STATE_HOME: join(dir, 'state'), ...more };
  return {
    dir,
    write: (file: string, content: string) =>
      writeFileSync(join(dir, file), content, { mode: 0o600 }),
    run: (...args: string[]) => rig.cli.run(args, { cwd: dir, env }),
  };
}

it('keeps a copy of what put and cp replace on a board, which undo restores', async () => {
  const { dir, write, run: all } = place('put-undo');
  const run = (...args: string[]) => all('-b', rig.one, ...args);
  const cat = async (path: string) => (await run('cat', path)).out;
  const nothing = { status: 64, err: expect.stringContaining('can be undone') as string };
  mkdirSync(join(dir, 'u'));
  write('u/a.py', 'A = 1\n');
  write('u/same.py', 'S = 1\n');
  expect(await run('put', '-r', 'u', ':')).toMatchObject({ out: '2 files, 12 bytes\n' });
  // Nothing was replaced: undo removes what was new, also the folder.
  expect((await run('undo')).out).toBe(
    '0 restored, 2 removed\nRemoved, because they did not exist before: /u/a.py, /u/same.py\n',
  );
  expect((await run('ls', ':u')).status).toBe(1);
  expect(await run('undo')).toMatchObject(nothing);
  expect((await run('put', '-r', 'u', ':')).status).toBe(0);
  write('u/a.py', 'A = 2\n');
  write('u/new.py', 'N = 1\n');
  expect(await run('put', '-r', 'u', ':')).toMatchObject({
    status: 0,
    out: `3 files, 18 bytes, 1 of them already on the board\n1 file replaced; "mpyfleet -b ${rig.tty()} undo" restores it\n`,
  });
  expect(await cat(':u/a.py')).toBe('A = 2\n');
  // What is on the board already replaces nothing and is not the next to be undone.
  expect(await run('put', 'u/a.py', ':u')).toMatchObject({
    out: '1 file, 6 bytes, already on the board\n',
  });
  expect(await run('undo')).toMatchObject({
    status: 0,
    out: '1 restored, 1 removed\nRemoved, because they did not exist before: /u/new.py\n',
  });
  expect([await cat(':u/a.py'), await cat(':u/same.py')]).toEqual(['A = 1\n', 'S = 1\n']);
  // A new file that has changed since stays.
  expect((await run('put', 'u/new.py', ':u')).status).toBe(0);
  await run('exec', 'with open("/u/new.py", "w") as f: f.write("N = 2\\n")');
  expect((await run('undo')).out).toMatch(/^0 restored, 0 removed\nNot restored, .*new\.py\n$/);
  expect(await cat(':u/new.py')).toBe('N = 2\n');
  expect((await run('rm', '--no-copy', ':u/new.py')).status).toBe(0);

  expect((await run('cp', 'u/a.py', ':u/a.py')).out).toContain('1 file replaced');
  expect((await run('cp', `${rig.one}::u/same.py`, `${rig.tty(1)}::u.py`)).status).toBe(0);
  const replaced = await run('cp', `${rig.one}::u/a.py`, `${rig.tty(1)}::u.py`);
  expect(replaced.out).toContain(`"mpyfleet -b ${rig.tty(1)} undo" restores it`);
  expect((await all('-b', rig.tty(1), 'undo')).out).toBe('1 restored, 0 removed\n');
  expect((await all('-b', rig.tty(1), 'cat', ':u.py')).out).toBe('S = 1\n');
  expect(await run('undo')).toMatchObject({ status: 0 });
  expect(await cat(':u/a.py')).toBe('A = 1\n');

  expect(await run('put', '--no-copy', 'u/a.py', ':u/')).toMatchObject({
    out: '1 file, 6 bytes\n',
  });
  expect(await cat(':u/a.py')).toBe('A = 2\n');
  // A copy that cannot be stored is no reason to lose the file.
  rmSync(join(dir, 'state'), { recursive: true });
  write('state', 'not a folder');
  write('u/a.py', 'A = 3\n');
  expect(await run('put', 'u/a.py', ':u')).toMatchObject({
    status: 64,
    err: expect.stringContaining('--no-copy') as string,
  });
  expect(await cat(':u/a.py')).toBe('A = 2\n');
  for (const tty of [rig.tty(), rig.tty(1)])
    expect((await rig.on(tty, 'rm', '-r', tty === rig.tty() ? ':u' : ':u.py')).status).toBe(0);
});

it('keeps one for each of several boards, which get the same answer', async () => {
  const { write, run } = place('put-undo-many');
  const on = (...args: string[]) => run('-b', rig.both, ...args);
  write('m.txt', 'old\n');
  expect((await on('put', 'm.txt', ':')).status).toBe(0);
  write('m.txt', 'new\n');
  const { out, err } = await on('put', 'm.txt', ':');
  expect(out).toContain(`1 file replaced; "mpyfleet -b ${rig.both} undo" restores it\n`);
  expect(err).toContain('2 boards done, same answer');
  expect((await on('undo')).status).toBe(0);
  for (const { tty } of rig.boards)
    expect((await run('-b', tty, 'cat', ':m.txt')).out).toBe('old\n');
  expect((await on('rm', ':m.txt')).status).toBe(0);
});

it('keeps one for each board behind a broker before the file is published to all', async () => {
  const broker = await startMosquitto({ config: ['set_tcp_nodelay true'] });
  const at = { host: '127.0.0.1', port: broker.port };
  const names = ['far-1', 'far-2', 'far-3'];
  const boards = await Promise.all(names.map((name) => startAgentBoard({ name, broker: at })));
  try {
    const { write, run } = place('put-undo-far', {
      MPYFLEET_CONFIG: 'fleet.json',
      MPYFLEET_KEYS: 'keys.json',
    });
    write('fleet.json', JSON.stringify({ brokers: { office: broker.url } }));
    write('keys.json', JSON.stringify({ '*': ADMIN_KEY.toString('hex') }));
    const cat = (name: string) => run('-b', name, 'cat', ':/x.txt');
    for (const name of ['far-1', 'far-2']) {
      write('x.txt', `${name}\n`);
      expect(await run('-b', name, 'put', 'x.txt', ':/')).toMatchObject({ status: 0 });
    }
    write('x.txt', 'all\n');
    // One board at a time: those that wait for their turn get the file, too.
    const put = await run('-b', 'far-*', '-P', '1', '--json', 'put', 'x.txt', ':/');
    expect(put).toMatchObject({ status: 0 });
    const answers = JSON.parse(put.out) as { board: string; value: { kept: number } }[];
    expect(answers.map(({ board, value }) => [board, value.kept]).sort()).toEqual([
      ['far-1', 1],
      ['far-2', 1],
      ['far-3', 0],
    ]);
    for (const name of names) expect((await cat(name)).out, name).toBe('all\n');
    expect((await run('-b', 'far-[1-2]', 'undo')).status).toBe(0);
    expect((await cat('far-1')).out).toBe('far-1\n');
    expect((await cat('far-2')).out).toBe('far-2\n');
    expect((await cat('far-3')).out).toBe('all\n');
  } finally {
    await Promise.all(boards.map((b) => b.stop()));
    await broker.stop();
  }
});
