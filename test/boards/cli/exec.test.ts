import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startSerlink, startUboard, tempDir } from '../../lab/index.mjs';
import { CliBoards } from '../rig/cliBoards';

const rig = CliBoards.use();

describe('mpyfleet exec', () => {
  it('runs code, a file, and standard input', async () => {
    const file = join(tempDir('code'), 'sum.py');
    writeFileSync(file, 'print(sum(range(10)))\n');
    expect(await rig.exec('print(2**100)')).toMatchObject({
      status: 0,
      out: `${2n ** 100n}\n`,
      err: '',
    });
    expect(await rig.exec(file)).toMatchObject({ status: 0, out: '45\n' });
    expect(await rig.exec('-', { input: 'for i in range(3):\n  print(i)\n' })).toMatchObject({
      out: '0\n1\n2\n',
    });
  });

  it('exits with status 1 after an exception on the board, with the traceback', async () => {
    const ran = await rig.exec('print(1)\nraise ValueError("no")');
    expect(ran).toMatchObject({ status: 1, out: '1\n' });
    expect(ran.err).toMatch(
      /^Traceback \(most recent call last\):\n.*line 2.*\nValueError: no\n$/s,
    );
  });

  it('exits with status 2 when the link fails', async () => {
    const ran = await rig.on('serial:/nowhere/tty', 'exec', '1');
    expect(ran).toMatchObject({
      status: 2,
      out: '',
      err: expect.stringMatching(/^mpyfleet: Port .+ does not exist/) as string,
    });
  });

  it('ends with status 2 when the board is unplugged while its code runs', async () => {
    const cable = await startSerlink({ to: rig.tty() });
    try {
      const code = 'print("go")\nwhile True: pass';
      const ran = await rig.cli.run(['-b', `serial:${cable.tty}`, 'exec', code], {
        // The end of the line comes in a piece of its own, and must not be lost with the cable.
        onOut: (soFar) => soFar.endsWith('\n') && void cable.unplug(),
      });
      expect(ran).toMatchObject({
        status: 2,
        out: 'go\n',
        err: expect.stringMatching(/^mpyfleet: .*connection/i) as string,
      });
    } finally {
      await cable.stop();
    }
    const stopped = await rig.on(rig.one, 'exec', '--stop', 'print("well")');
    expect(stopped).toMatchObject({ status: 0, out: 'well\n' });
  });

  it('streams output', async () => {
    let seenBeforeTheEnd = false;
    const ran = await rig.exec('import sys,time\nprint("first")\ntime.sleep(1)\nprint("last")', {
      onOut: (soFar) => (seenBeforeTheEnd ||= soFar === 'first\n'),
    });
    expect([ran.out, seenBeforeTheEnd]).toEqual(['first\nlast\n', true]);
  });

  it('stops the code at Ctrl-C and leaves the board at its prompt', async () => {
    const ran = await rig.exec('print("go")\nwhile True: pass', {
      onOut: (_, kill) => kill('SIGINT'),
    });
    expect(ran.status).toBe(130);
    expect(await rig.exec('print("well")')).toMatchObject({ status: 0, out: 'well\n' });
  });

  it('stops code that takes longer than --timeout', async () => {
    const ran = await rig.on(rig.one, 'exec', '--timeout', '0.5', 'while True: pass');
    expect(ran).toMatchObject({ status: 2, err: expect.stringMatching(/within 0\.5 s/) as string });
    expect(await rig.exec('print("well")')).toMatchObject({ status: 0, out: 'well\n' });
  });

  it('runs on many boards in parallel, a section for each, and names the one that fails', async () => {
    const ran = await rig.on(
      `${rig.both},/nowhere`,
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
      /2 of 3 boards done, same answer; \/nowhere failed: Port \/nowhere does not exist/,
    );
  });

  it('prints JSON', async () => {
    const ran = await rig.cli.run(['-b', rig.both, '--json', 'exec', 'print("ü")']);
    expect(JSON.parse(ran.out)).toEqual(
      rig.boards.map((b) => ({
        board: b.tty,
        id: `serial:${b.tty}`,
        status: 'ok',
        ms: expect.any(Number) as number,
        output: 'ü\n',
      })),
    );
  });

  it('does nothing at a board whose id is not the one of the configuration', async () => {
    const dir = tempDir('swapped');
    const { out: uid } = await rig.exec('import machine; print(machine.unique_id().hex())');
    const kitchen = { address: `serial:${rig.tty(1)}`, uid: uid.trim() };
    writeFileSync(join(dir, 'fleet.json'), JSON.stringify({ boards: { kitchen } }));
    writeFileSync(join(dir, 'main.py'), 'import time\nwhile True:\n  time.sleep(0.01)\n');
    const run = (...args: string[]) =>
      rig.cli.run(['-b', 'kitchen', ...args], { cwd: dir, env: { MPYFLEET_CONFIG: 'fleet.json' } });
    const refused = {
      status: 2,
      out: '',
      err: expect.stringMatching(
        /[0-9a-f]+ is at tty now, not kitchen\nNothing was changed/,
      ) as string,
    };
    expect(await run('put', 'main.py', ':')).toMatchObject(refused);
    expect((await rig.on(rig.tty(1), 'ls')).out).toBe('');

    await rig.on(rig.tty(1), 'put', join(dir, 'main.py'), ':');
    await rig.on(rig.tty(1), 'reset');
    const runs = async () => (await rig.on(rig.tty(1), 'ls')).err.includes('add --stop');
    expect(await runs()).toBe(true);
    expect(await run('--stop', 'rm', ':main.py')).toMatchObject(refused);
    expect(await runs()).toBe(true); // it was started again
    expect((await rig.on(rig.tty(1), '--stop', 'rm', ':main.py')).status).toBe(0);
  });

  it('knows boards and groups of the configuration', async () => {
    const project = tempDir('project');
    mkdirSync(join(project, '.micropython'));
    mkdirSync(join(project, 'deep'));
    const names = Object.fromEntries(
      rig.boards.map((b, i) => [`shelf-0${i + 1}`, `serial:${b.tty}`]),
    );
    const config = { boards: names, groups: { shelf: 'shelf-[01-02]' } };
    writeFileSync(join(project, '.micropython', 'fleet.json'), JSON.stringify(config));
    const ran = await rig.cli.run(['-b', '@shelf,-,shelf-02', 'exec', 'print(7)'], {
      cwd: join(project, 'deep'),
    });
    expect(ran).toMatchObject({ status: 0, out: '7\n' });
    const missing = await rig.cli.run(['-b', 'shelf-[01-03]', 'exec', '1'], { cwd: project });
    expect(missing.err).toMatch(
      /No board matches "shelf-03"\nNothing was run. Known boards: shelf-\[01-02\]/,
    );
    writeFileSync(join(project, '.micropython', 'fleet.json'), '{"boards": {"x": 1}}');
    const broken = await rig.cli.run(['-b', 'x', 'exec', '1'], { cwd: project });
    expect(broken).toMatchObject({
      status: 64,
      err: expect.stringMatching(/fleet\.json: board "x"/) as string,
    });
  });
});

describe('mpyfleet and a running program', () => {
  it('does not stop it without --stop, and starts it again with --restart', async () => {
    const board = await startUboard({
      files: { '/main.py': 'import time\nn = 0\nwhile True:\n  n += 1\n  time.sleep(0.01)\n' },
    });
    try {
      const refused = await rig.on(board.tty, 'exec', 'print(n)');
      expect(refused).toMatchObject({ status: 2, out: '' });
      expect(refused.err).toContain('add --stop (and --restart to start it again)');
      const ran = await rig.on(board.tty, 'exec', '--stop', '--restart', 'print(n > 0)');
      expect(ran).toMatchObject({ status: 0, out: 'True\n' });
      expect((await rig.on(board.tty, 'ls')).status).toBe(2);
      expect((await rig.on(board.tty, 'ls', '--stop')).status).toBe(0);
      expect((await rig.on(board.tty, 'ls')).status).toBe(0);
    } finally {
      await board.stop();
    }
  });
});
