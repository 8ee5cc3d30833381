import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSerlink, startUboard, tempDir } from '../../lab/index.mjs';
import type { Uboard } from '../../lab/uboard.mjs';
import { BuiltCli, type RunOptions } from '../rig/cliRig';

let cli: BuiltCli;
let boards: Uboard[];
const [one, both] = [
  () => `serial:${boards[0]?.tty ?? ''}`,
  () => boards.map((b) => b.tty).join(','),
];
const on = (which: string, ...args: string[]) => cli.run(['-b', which, ...args]);
const exec = (code: string, options: RunOptions = {}) =>
  cli.run(['-b', one(), 'exec', code], options);

beforeAll(async () => {
  cli = await BuiltCli.build();
  boards = await Promise.all([startUboard(), startUboard()]);
});
afterAll(async () => {
  await Promise.all(boards.map((b) => b.stop()));
});

describe('mpyfleet', () => {
  it('reads little of its code to start', async () => {
    const { size, ms } = await cli.codeRead(['--version']);
    console.info(`mpyfleet --version: ${size} bytes of code, ${ms.toFixed(0)} ms`);
    expect(size).toBeGreaterThan(1000);
    expect(size).toBeLessThan(100_000);
  });

  it('has help for itself and for each command', async () => {
    const { out, status } = await cli.run(['--help']);
    expect(status).toBe(0);
    const commands = [...out.matchAll(/^ {2}([a-z]+) /gm)].map((m) => m[1] ?? '');
    expect(commands).toEqual(expect.arrayContaining(['exec', 'put', 'get', 'ls', 'list', 'reset']));
    for (const command of commands) {
      const help = await cli.run([command, '--help']);
      expect([help.status, help.out]).toEqual([0, expect.stringContaining(`[OPTIONS] ${command}`)]);
    }
  });

  it.each([
    [[], /No command was given/],
    [['fly'], /Unknown command "fly"/],
    [['exec', '--hard', '1'], /exec has no option --hard/],
    [['exec', '1', '--timeout', 'soon'], /--timeout needs seconds/],
    [['exec', '1', '--restart'], /give both/],
    [['-b', 'kitchen', 'exec', '1'], /No board matches "kitchen"/],
    [['-b', 'a[2-1]', 'exec', '1'], /runs backwards/],
    [['put', 'x'], /put needs local files/],
    [['-b', '/nowhere', 'exec', 'missing.py'], /File missing\.py was not found/],
  ])('refuses %j with status 64', async (args, words) => {
    const ran = await cli.run(args);
    expect(ran).toMatchObject({ status: 64, out: '', err: expect.stringMatching(words) as string });
  });
});

describe('mpyfleet exec', () => {
  it('runs code, a file, and standard input', async () => {
    const file = join(tempDir('code'), 'sum.py');
    writeFileSync(file, 'print(sum(range(10)))\n');
    expect(await exec('print(2**100)')).toMatchObject({
      status: 0,
      out: `${2n ** 100n}\n`,
      err: '',
    });
    expect(await exec(file)).toMatchObject({ status: 0, out: '45\n' });
    expect(await exec('-', { input: 'for i in range(3):\n  print(i)\n' })).toMatchObject({
      out: '0\n1\n2\n',
    });
  });

  it('gives an exception on the board as status 1, with the traceback', async () => {
    const ran = await exec('print(1)\nraise ValueError("no")');
    expect(ran).toMatchObject({ status: 1, out: '1\n' });
    expect(ran.err).toMatch(
      /^Traceback \(most recent call last\):\n.*line 2.*\nValueError: no\n$/s,
    );
  });

  it('gives a link that fails as status 2', async () => {
    const ran = await on('serial:/nowhere/tty', 'exec', '1');
    expect(ran).toMatchObject({
      status: 2,
      out: '',
      err: expect.stringMatching(/^mpyfleet: Port .+ does not exist/) as string,
    });
  });

  it('ends with status 2 when the board is unplugged while its code runs', async () => {
    const cable = await startSerlink({ to: boards[0]?.tty ?? '' });
    try {
      const code = 'print("go")\nwhile True: pass';
      const ran = await cli.run(['-b', `serial:${cable.tty}`, 'exec', code], {
        onOut: () => void cable.unplug(),
      });
      expect(ran).toMatchObject({
        status: 2,
        out: 'go\n',
        err: expect.stringMatching(/^mpyfleet: .*connection/i) as string,
      });
    } finally {
      await cable.stop();
    }
    const stopped = await on(one(), 'exec', '--stop', 'print("well")');
    expect(stopped).toMatchObject({ status: 0, out: 'well\n' });
  });

  it('streams what is printed', async () => {
    let seenBeforeTheEnd = false;
    const ran = await exec('import sys,time\nprint("first")\ntime.sleep(1)\nprint("last")', {
      onOut: (soFar) => (seenBeforeTheEnd ||= soFar === 'first\n'),
    });
    expect([ran.out, seenBeforeTheEnd]).toEqual(['first\nlast\n', true]);
  });

  it('stops the code at Ctrl-C and leaves the board at its prompt', async () => {
    const ran = await exec('print("go")\nwhile True: pass', { onOut: (_, kill) => kill('SIGINT') });
    expect(ran.status).toBe(130);
    expect(await exec('print("well")')).toMatchObject({ status: 0, out: 'well\n' });
  });

  it('stops code that takes longer than --timeout', async () => {
    const ran = await on(one(), 'exec', '--timeout', '0.5', 'while True: pass');
    expect(ran).toMatchObject({ status: 2, err: expect.stringMatching(/within 0\.5 s/) as string });
    expect(await exec('print("well")')).toMatchObject({ status: 0, out: 'well\n' });
  });

  it('runs on many at once, a section for each, and names the one that fails', async () => {
    const ran = await on(
      `${both()},/nowhere`,
      'exec',
      'import machine\nprint(len(machine.unique_id()) > 0)',
    );
    expect(ran.status).toBe(2);
    expect(ran.out.match(/^## Executing on '.*' #+\nTrue$/gm)).toHaveLength(2);
    expect(ran.out).toMatch(
      /^## Executing on '\/nowhere' #+\nconnect: Port \/nowhere does not exist/m,
    );
    expect(ran.err).toMatch(/^Executing on 3 boards: /);
    expect(ran.err).toMatch(
      /2 of 3 boards done; 2 boards: same; \/nowhere failed: Port \/nowhere does not exist/,
    );
  });

  it('gives JSON', async () => {
    const ran = await cli.run(['-b', both(), '--json', 'exec', 'print("ü")']);
    expect(JSON.parse(ran.out)).toEqual(
      boards.map((b) => ({
        board: b.tty,
        id: `serial:${b.tty}`,
        status: 'ok',
        ms: expect.any(Number) as number,
        output: 'ü\n',
      })),
    );
  });

  it('knows boards and groups of the configuration', async () => {
    const project = tempDir('project');
    mkdirSync(join(project, '.micropython'));
    mkdirSync(join(project, 'deep'));
    const names = Object.fromEntries(boards.map((b, i) => [`shelf-0${i + 1}`, `serial:${b.tty}`]));
    const config = { boards: names, groups: { shelf: 'shelf-[01-02]' } };
    writeFileSync(join(project, '.micropython', 'fleet.json'), JSON.stringify(config));
    const ran = await cli.run(['-b', '@shelf,-,shelf-02', 'exec', 'print(7)'], {
      cwd: join(project, 'deep'),
    });
    expect(ran).toMatchObject({ status: 0, out: '7\n' });
    const missing = await cli.run(['-b', 'shelf-[01-03]', 'exec', '1'], { cwd: project });
    expect(missing.err).toMatch(
      /No board matches "shelf-03"\nNothing was run. Known boards: shelf-\[01-02\]/,
    );
    writeFileSync(join(project, '.micropython', 'fleet.json'), '{"boards": {"x": 1}}');
    const broken = await cli.run(['-b', 'x', 'exec', '1'], { cwd: project });
    expect(broken).toMatchObject({
      status: 64,
      err: expect.stringMatching(/fleet\.json: board "x"/) as string,
    });
  });
});

describe('mpyfleet and a running program', () => {
  it('leaves it alone unless --stop is given, and starts it again with --restart', async () => {
    const board = await startUboard({
      files: { '/main.py': 'import time\nn = 0\nwhile True:\n  n += 1\n  time.sleep(0.01)\n' },
    });
    try {
      const refused = await on(board.tty, 'exec', 'print(n)');
      expect(refused).toMatchObject({ status: 2, out: '' });
      expect(refused.err).toContain('add --stop (and --restart to start it again)');
      const ran = await on(board.tty, 'exec', '--stop', '--restart', 'print(n > 0)');
      expect(ran).toMatchObject({ status: 0, out: 'True\n' });
      expect((await on(board.tty, 'ls')).status).toBe(2);
      expect((await on(board.tty, 'ls', '--stop')).status).toBe(0);
      expect((await on(board.tty, 'ls')).status).toBe(0);
    } finally {
      await board.stop();
    }
  });
});

describe('mpyfleet and files', () => {
  it('brings files and folders there and back, byte for byte', async () => {
    const dir = tempDir('files');
    const data = randomBytes(20_000);
    mkdirSync(join(dir, 'tree', 'sub dir', 'empty'), { recursive: true });
    writeFileSync(join(dir, 'tree', 'data.bin'), data);
    writeFileSync(join(dir, 'tree', 'sub dir', "it's #1 ü.py"), 'print("x")\n');
    const run = (...args: string[]) => cli.run(['-b', one(), ...args], { cwd: dir });

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
        'Left out, since they are links to folders or to places outside tree, or no files: host, round\n' +
          'Left out, since no board needs them: .env, py3, typings\n',
      ) as string,
      status: 0,
      out: '3 files, 40011 bytes\n',
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
    const day = new Date().toISOString().slice(0, 10);
    const rows = (await run('ls', '-l', ':tree')).out.split('\n').sort();
    expect(rows).toEqual([
      '',
      `${' '.repeat(30)}sub dir/`,
      expect.stringMatching(`^     20000  ${day} \\d\\d:\\d\\d  data\\.bin$`),
      expect.stringMatching(`^     20000  ${day} \\d\\d:\\d\\d  same\\.bin$`),
    ]);
    expect((await run('ls', '-l', ':tree/data.bin')).out).toContain(`20000  ${day}`);
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
    expect((await run('rm', '-r', ':tree')).status).toBe(0);
    expect(await run('ls', ':tree')).toMatchObject({
      status: 1,
      err: expect.stringMatching(/tree is not on the board/) as string,
    });
  });

  it('syncs a folder: only what differs, deleting only when it is told to', async () => {
    const dir = tempDir('sync');
    mkdirSync(join(dir, 'src', 'lib'), { recursive: true });
    writeFileSync(join(dir, 'src', 'lib', 'a.py'), 'A = 1\n');
    writeFileSync(join(dir, 'src', 'b.py'), 'B = 1\n');
    const env = { XDG_STATE_HOME: join(dir, 'state') };
    const sync = (...args: string[]) => cli.run(['-b', one(), 'sync', ...args], { cwd: dir, env });
    expect((await sync('-n', 'src', ':synced')).out).toMatch(/add +\/synced\/b\.py\n[^]*2 to add/);
    expect(await on(one(), 'ls', ':synced')).toMatchObject({ status: 1 });
    expect(await sync('src', ':synced')).toMatchObject({ status: 0 });
    expect((await sync('src', ':synced')).out).toBe('All 2 up to date\n');
    writeFileSync(join(dir, 'src', 'b.py'), 'B = 2\n');
    expect(await sync('src', ':synced')).toMatchObject({ status: 0 });
    const undo = () => cli.run(['-b', one(), 'undo'], { cwd: dir, env });
    expect(await undo()).toMatchObject({ status: 0, out: '1 restored, 0 removed\n' });
    expect((await on(one(), 'cat', ':synced/b.py')).out).toBe('B = 1\n');
    rmSync(join(dir, 'src', 'b.py'));
    expect((await sync('src', ':synced')).out).not.toContain('delete');
    expect((await sync('--mirror', 'src', ':synced')).out).toContain('1 deleted');
    expect((await sync('--pull', 'back', ':synced')).status).toBe(0);
    expect(readFileSync(join(dir, 'back', 'lib', 'a.py'), 'utf8')).toBe('A = 1\n');
    expect((await sync('--mirror', '--pull', 'src')).status).toBe(64);
    expect((await on(one(), 'rm', '-r', ':synced')).status).toBe(0);
  });

  it('runs a sync specification as a script on several boards, compiling for each, and device files', async () => {
    const dir = tempDir('spec');
    mkdirSync(join(dir, 'bin'));
    writeFileSync(join(dir, 'mod.py'), 'V = 7\n');
    // Where `mpyfleet` is on the PATH, as after an installation.
    writeFileSync(
      join(dir, 'bin', 'mpyfleet'),
      `#!/bin/sh\nexec ${process.execPath} ${cli.path} "$@"\n`,
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
    const on2 = boards.slice(0, 2).map((b) => b.tty);
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
      expect((await on(tty, 'exec', code)).out).toBe('7\n');
      expect((await on(tty, 'ls', ':spec')).out).toMatch(/mod\.mpy/);
    }
    expect((await started('-b', on2[0] ?? '')).out).toBe('All 1 up to date\n');
    const uid = (
      await on(one(), 'exec', 'import machine; print(machine.unique_id().hex())')
    ).out.trim();
    writeFileSync(join(dir, 'k.yaml'), `kitchen:\n  uid: "${uid}"\n  resources:\n    - mod.py\n`);
    const byDevice = await cli.run(['-b', one(), 'sync', 'k.yaml'], { cwd: dir, env });
    expect(byDevice).toMatchObject({ status: 0 });
    for (const tty of on2) expect((await on(tty, 'rm', '-r', ':spec')).status).toBe(0);
  });

  it('makes folders and tells when they are there', async () => {
    expect((await on(one(), 'mkdir', '-p', ':m/n')).status).toBe(0);
    expect((await on(one(), 'mkdir', ':m/n')).status).toBe(1);
    expect((await on(one(), 'mkdir', '-p', ':m/n')).status).toBe(0);
    expect((await on(one(), 'rm', '-r', ':m')).status).toBe(0);
  });

  it('puts one file on many and gets it from each into a folder of its own', async () => {
    const dir = tempDir('many');
    writeFileSync(join(dir, 'a.txt'), 'same\n');
    const names = Object.fromEntries(boards.map((b, i) => [`b${i}`, `serial:${b.tty}`]));
    writeFileSync(join(dir, 'fleet.json'), JSON.stringify({ boards: names }));
    const run = (...args: string[]) =>
      cli.run(args, { cwd: dir, env: { MPYFLEET_CONFIG: 'fleet.json', MPYFLEET_BOARD: 'all' } });
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

describe('mpyfleet reset and info', () => {
  it('resets: what was in memory is gone', async () => {
    await exec('marker = 1');
    expect((await exec('print(marker)')).out).toBe('1\n');
    expect((await on(one(), 'reset')).status).toBe(0);
    expect(await exec('print(marker)')).toMatchObject({
      status: 1,
      err: expect.stringContaining('NameError') as string,
    });
  });

  it('tells what the board is', async () => {
    const { out } = await on(one(), 'info', '--json');
    const [{ value }] = JSON.parse(out) as [{ value: { uid: string; platform: string } }];
    expect(Buffer.from(value.uid, 'hex').toString()).toBe(boards[0]?.name);
    expect((await on(one(), 'info')).out).toMatch(/^platform: +linuxboard$/m);
  });
});
