import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { tempDir } from '../../lab/index.mjs';
import { CliBoards } from '../rig/cliBoards';

const rig = CliBoards.use();

describe('mpyfleet and files', () => {
  it('copies files and folders both ways, byte for byte', async () => {
    const dir = tempDir('files');
    const data = randomBytes(20_000);
    const started = Date.now();
    mkdirSync(join(dir, 'tree', 'sub dir', 'empty'), { recursive: true });
    writeFileSync(join(dir, 'tree', 'data.bin'), data);
    writeFileSync(join(dir, 'tree', 'sub dir', "it's #1 ü.py"), 'print("x")\n');
    const run = (...args: string[]) => rig.cli.run(['-b', rig.one, ...args], { cwd: dir });

    expect(await run('put', 'tree', ':')).toMatchObject({
      status: 64,
      err: expect.stringContaining('Add -r') as string,
    });
    mkdirSync(join(dir, 'tree', 'typings', 'machine'), { recursive: true });
    mkdirSync(join(dir, 'tree', 'py3', 'lib'), { recursive: true });
    for (const [path, content] of [
      ['typings/machine/__init__.pyi', 'x'],
      ['py3/pyvenv.cfg', 'home = /usr'],
      ['py3/lib/p.py', 'x'],
      ['.env', 'KEY=1'],
    ] as const) {
      writeFileSync(join(dir, 'tree', path), content);
    }
    symlinkSync(join(dir, 'tree'), join(dir, 'tree', 'round'));
    symlinkSync('data.bin', join(dir, 'tree', 'same.bin'));
    symlinkSync('/etc/hostname', join(dir, 'tree', 'host'));
    expect(await run('put', '-r', 'tree', ':')).toMatchObject({
      err: expect.stringContaining(
        'Left out, because they are links to folders or to places outside tree, or not files: host, round\n' +
          'Left out, because no board needs them: .env, py3, typings\n',
      ) as string,
      status: 0,
      out: '3 files, 40011 bytes\n',
    });
    expect(await run('put', '-r', 'tree', ':')).toMatchObject({
      status: 0,
      out: '3 files, 40011 bytes, already on the board\n',
    });
    const { out } = await run('ls', '-r', '--json', ':tree');
    const listed = (
      JSON.parse(out) as [{ value: { path: string; type: string; size: number }[] }]
    )[0].value;
    expect(
      listed.map((e) => `${e.type} ${e.path} ${e.type === 'file' ? e.size : ''}`).sort(),
    ).toEqual([
      'dir /tree/sub dir ',
      'dir /tree/sub dir/empty ',
      'file /tree/data.bin 20000',
      'file /tree/same.bin 20000',
      "file /tree/sub dir/it's #1 ü.py 11",
    ]);
    // Midnight may pass between upload and listing.
    const day = `(${[started, Date.now()].map((at) => new Date(at).toISOString().slice(0, 10)).join('|')})`;
    const rows = (await run('ls', '-l', ':tree')).out.split('\n').sort();
    expect(rows).toEqual([
      '',
      `${' '.repeat(30)}sub dir/`,
      expect.stringMatching(`^     20000  ${day} \\d\\d:\\d\\d  data\\.bin$`),
      expect.stringMatching(`^     20000  ${day} \\d\\d:\\d\\d  same\\.bin$`),
    ]);
    expect((await run('ls', '-l', ':tree/data.bin')).out).toMatch(new RegExp(`20000  ${day}`));
    expect((await run('ls', '-rl', '--hash', ':tree')).out).toMatch(
      new RegExp(`20000  ${day} \\d\\d:\\d\\d  [0-9a-f]{64}  /tree/data\\.bin\n`),
    );
    expect((await run('cat', ':tree/data.bin')).bytes.equals(data)).toBe(true);
    expect(await run('get', '-r', ':tree', 'back')).toMatchObject({ status: 0 });
    expect(readFileSync(join(dir, 'back', 'data.bin')).equals(data)).toBe(true);
    expect(readFileSync(join(dir, 'back', 'sub dir', "it's #1 ü.py"), 'utf8')).toBe('print("x")\n');
    expect(statSync(join(dir, 'back', 'sub dir', 'empty')).isDirectory()).toBe(true);
    expect((await run('put', 'tree/data.bin', ':tree/other.bin')).status).toBe(0);
    expect((await run('get', ':tree/other.bin', '-')).bytes.equals(data)).toBe(true);
    expect((await run('rm', ':tree')).status).toBe(1);
    expect(await run('rm', '-r', '--no-copy', ':tree')).toMatchObject({ status: 0, out: '' });
    expect(await run('ls', ':tree')).toMatchObject({
      status: 1,
      err: expect.stringMatching(/tree is not on the board/) as string,
    });
  });

  it('says once what to do about a failure of several boards', async () => {
    const { status, err } = await rig.on(rig.both, 'cat', ':/none.txt');
    expect(status).toBe(1);
    expect(err.split('Refresh the list of files.')).toHaveLength(2);
    const line = err.split('\n').find((text) => text.includes('Refresh the list'));
    for (const board of rig.boards) expect(line).toContain(board.tty);
  });

  it('keeps a copy of what rm removes, unless it is left out', async () => {
    const dir = tempDir('removed');
    mkdirSync(join(dir, 'kept', 'empty'), { recursive: true });
    const data = randomBytes(3000);
    writeFileSync(join(dir, 'kept', 'data.bin'), data);
    writeFileSync(join(dir, 'one.py'), 'ONE = 1\n');
    const env = { XDG_STATE_HOME: join(dir, 'state') };
    const run = (...args: string[]) => rig.cli.run(['-b', rig.one, ...args], { cwd: dir, env });
    const nothing = { status: 64, err: expect.stringContaining('can be undone') as string };
    const put = ['put', '--no-copy', '-r', 'kept', 'one.py', ':']; // not the next to be undone
    expect(await run(...put)).toMatchObject({ status: 0 });
    expect(await run('rm', '-r', ':kept', ':one.py')).toMatchObject({
      status: 0,
      out: `2 files removed; "mpyfleet -b ${rig.tty()} undo" restores them\n`,
    });
    expect((await run('ls', '-r', ':')).out).not.toMatch(/kept|one/);
    // Refused removals are not what undo acts on.
    expect((await run('rm', ':missing')).status).toBe(1);
    expect(await run('undo')).toMatchObject({ status: 0, out: '2 restored, 0 removed\n' });
    expect((await run('rm', ':kept')).status).toBe(1);
    expect(await run('undo')).toMatchObject(nothing);
    expect((await run('cat', ':kept/data.bin')).bytes.equals(data)).toBe(true);
    expect((await run('cat', ':one.py')).out).toBe('ONE = 1\n');
    expect((await run('ls', ':kept')).out).toContain('empty/');

    expect(await run('rm', '-r', '--no-copy', ':kept', ':one.py')).toMatchObject({ out: '' });
    expect(await run('undo')).toMatchObject(nothing);
    // A copy that cannot be stored is no reason to lose the file.
    expect(await run('put', 'one.py', ':')).toMatchObject({ status: 0 });
    rmSync(join(dir, 'state'), { recursive: true });
    writeFileSync(join(dir, 'state'), 'not a folder');
    expect(await run('rm', ':one.py')).toMatchObject({
      status: 64,
      err: expect.stringContaining('--no-copy') as string,
    });
    expect((await run('rm', '--no-copy', ':one.py')).status).toBe(0);
  });

  it('syncs a folder: only changed files, deleting only on request', async () => {
    const dir = tempDir('sync');
    mkdirSync(join(dir, 'src', 'lib'), { recursive: true });
    writeFileSync(join(dir, 'src', 'lib', 'a.py'), 'A = 1\n');
    writeFileSync(join(dir, 'src', 'b.py'), 'B = 1\n');
    const env = { XDG_STATE_HOME: join(dir, 'state') };
    const sync = (...args: string[]) =>
      rig.cli.run(['-b', rig.one, 'sync', ...args], { cwd: dir, env });
    expect((await sync('-n', 'src', ':synced')).out).toMatch(/add +\/synced\/b\.py\n[^]*2 to add/);
    expect(await rig.on(rig.one, 'ls', ':synced')).toMatchObject({ status: 1 });
    expect(await sync('src', ':synced')).toMatchObject({ status: 0 });
    expect((await sync('src', ':synced')).out).toBe('All 2 up to date\n');
    writeFileSync(join(dir, 'src', 'b.py'), 'B = 2\n');
    expect(await sync('src', ':synced')).toMatchObject({ status: 0 });
    const undo = () => rig.cli.run(['-b', rig.one, 'undo'], { cwd: dir, env });
    expect(await undo()).toMatchObject({ status: 0, out: '1 restored, 0 removed\n' });
    expect((await rig.on(rig.one, 'cat', ':synced/b.py')).out).toBe('B = 1\n');
    rmSync(join(dir, 'src', 'b.py'));
    expect((await sync('src', ':synced')).out).not.toContain('delete');
    expect((await sync('--mirror', 'src', ':synced')).out).toContain('1 deleted');
    expect((await sync('--pull', 'back', ':synced')).status).toBe(0);
    expect(readFileSync(join(dir, 'back', 'lib', 'a.py'), 'utf8')).toBe('A = 1\n');
    expect((await sync('--mirror', '--pull', 'src')).status).toBe(64);
    expect((await rig.on(rig.one, 'rm', '-r', ':synced')).status).toBe(0);
  });

  it('runs a sync specification as a script on several boards, compiling for each, and device files', async () => {
    const dir = tempDir('spec');
    mkdirSync(join(dir, 'bin'));
    writeFileSync(join(dir, 'mod.py'), 'V = 7\n');
    // Where `mpyfleet` is on the PATH, as after an installation.
    writeFileSync(
      join(dir, 'bin', 'mpyfleet'),
      `#!/bin/sh\nexec ${process.execPath} ${rig.cli.path} "$@"\n`,
      { mode: 0o755 },
    );
    const script = join(dir, 'blink');
    const first = '#!/usr/bin/env -S mpyfleet sync\n';
    writeFileSync(
      script,
      `${first}/spec: --mpy\n  mod.py\n/spec:\n  ${relative(dir, '/etc/passwd')}\n`,
      {
        mode: 0o755,
      },
    );
    const env = { PATH: `${join(dir, 'bin')}:${process.env.PATH ?? ''}`, HOME: dir };
    const on2 = rig.boards.slice(0, 2).map((b) => b.tty);
    const started = (...args: string[]) =>
      new Promise<{ status: number; out: string; err: string }>((resolve) => {
        const state = { XDG_STATE_HOME: dir, XDG_CONFIG_HOME: dir, XDG_CACHE_HOME: dir };
        execFile(script, args, { env: { ...env, ...state }, cwd: dir }, (error, out, err) =>
          resolve({ status: error ? Number(error.code) : 0, out, err }),
        );
      });
    const outside = await started('-b', on2.join(','));
    expect(outside.status).not.toBe(0);
    expect(outside.err).toContain('/etc/passwd is outside');
    writeFileSync(script, `${first}/spec: --mpy\n  mod.py\n`);
    const run = await started('-b', on2.join(','));
    expect(run).toMatchObject({ status: 0 });
    for (const tty of on2) {
      const code = 'import sys; sys.path.append("/spec"); import mod; print(mod.V)';
      expect((await rig.on(tty, 'exec', code)).out).toBe('7\n');
      expect((await rig.on(tty, 'ls', ':spec')).out).toMatch(/mod\.mpy/);
    }
    expect((await started('-b', on2[0] ?? '')).out).toBe('All 1 up to date\n');
    writeFileSync(script, `${first}/spec:\n  mod.py gone.py\n`);
    const whole = await started('-b', on2[0] ?? '', '--dry-run');
    expect(whole).toMatchObject({ status: 1 });
    expect(whole.err).toContain('line 3: "gone.py" does not exist');
    const partly = await started('-b', on2[0] ?? '');
    expect(partly).toMatchObject({ status: 1 });
    expect(partly.err).toContain('The rest was synced');
    expect((await rig.on(on2[0] ?? '', 'ls', ':spec')).out).toMatch(/mod\.py\b/);
    const uid = (
      await rig.on(rig.one, 'exec', 'import machine; print(machine.unique_id().hex())')
    ).out.trim();
    writeFileSync(join(dir, 'k.yaml'), `kitchen:\n  uid: "${uid}"\n  resources:\n    - mod.py\n`);
    const byDevice = await rig.cli.run(['-b', rig.one, 'sync', 'k.yaml'], { cwd: dir, env });
    expect(byDevice).toMatchObject({ status: 0 });
    for (const tty of on2) expect((await rig.on(tty, 'rm', '-r', ':spec')).status).toBe(0);
  });

  it('creates folders and reports existing ones', async () => {
    expect((await rig.on(rig.one, 'mkdir', '-p', ':m/n')).status).toBe(0);
    expect((await rig.on(rig.one, 'mkdir', ':m/n')).status).toBe(1);
    expect((await rig.on(rig.one, 'mkdir', '-p', ':m/n')).status).toBe(0);
    expect((await rig.on(rig.one, 'rm', '-r', ':m')).status).toBe(0);
  });

  it('puts one file on many and gets it from each into a folder of its own', async () => {
    const dir = tempDir('many');
    writeFileSync(join(dir, 'a.txt'), 'same\n');
    const names = Object.fromEntries(rig.boards.map((b, i) => [`b${i}`, `serial:${b.tty}`]));
    writeFileSync(join(dir, 'fleet.json'), JSON.stringify({ boards: names }));
    const run = (...args: string[]) =>
      rig.cli.run(args, {
        cwd: dir,
        env: { MPYFLEET_CONFIG: 'fleet.json', MPYFLEET_BOARD: 'all' },
      });
    expect((await run('put', 'a.txt', ':')).status).toBe(0);
    expect((await run('get', ':a.txt', 'got')).status).toBe(0);
    for (const name of Object.keys(names)) {
      expect(readFileSync(join(dir, 'got', name, 'a.txt'), 'utf8')).toBe('same\n');
      mkdirSync(join(dir, 'boards', name), { recursive: true });
      writeFileSync(join(dir, 'boards', name, 'who.txt'), name);
    }
    expect((await run('sync', 'boards/{name}', ':own')).status).toBe(0);
    const who = JSON.parse((await run('--json', 'cat', ':own/who.txt')).out) as {
      board: string;
      value: { text: string }[];
    }[];
    expect(who.map(({ board, value }) => [board, value[0]?.text])).toEqual(
      Object.keys(names).map((name) => [name, name]),
    );
    rmSync(join(dir, 'boards', 'b1'), { recursive: true });
    expect((await run('sync', 'boards/{name}', ':own')).out).toContain('boards/b1 is not a folder');
  });
});
