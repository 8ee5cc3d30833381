import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CliWindow } from '../../../src/cli/cli';
import { nodeUndoFolder, UndoStore } from '../../../src/core/sync';
import type { Place } from '../../../src/cli/window/protocol';
import { windowLinks } from '../../../src/cli/window/windowLinks';
import { WindowServer } from '../../../src/cli/window/windowServer';
import { silentLog } from '../../../src/core/log';
import { selectableBoard } from '../../../src/core/many';
import { createTransportFactory } from '../../../src/transports';
import { MqttBrokers } from '../../../src/transports/mqttBrokers';
import { tempDir } from '../../lab/index.mjs';
import { BuiltCli, type RunOptions } from '../rig/cliRig';
import { inTerminal } from '../rig/cliTerminal';
import { FleetRig } from '../rig/fleetRig';

// The command line in a terminal of a window, which holds the ports of both boards.

const dir = tempDir('window');
const file = join(dir, 'storage', 'shell.json');
// The worker of the history is in the bundle, and the server here runs from source: the real window shows the history.
const env = { MPYFLEET_WINDOW: file, MPYFLEET_HISTORY: 'off' };
let cli: BuiltCli;
let rig: FleetRig;
let server: WindowServer;

const run = (args: readonly string[], options: RunOptions = {}) =>
  cli.run(args, { ...options, env: { ...env, ...options.env } });
const board = (i: number) => {
  const found = rig.boards[i];
  if (!found) throw new Error(`there is no board ${i}`);
  return found;
};
const place = () => JSON.parse(readFileSync(file, 'utf8')) as Place;

beforeAll(async () => {
  cli = await BuiltCli.build();
  rig = await FleetRig.start(2);
  for (const each of rig.boards) await each.connect();
  for (const each of rig.boards) await each.refreshInfo();
  rig.fleet.rename(board(0), 'kitchen');
  rig.fleet.rename(board(1), 'attic');
  rig.fleet.setTags(board(1), ['lab']);
  const hub = new MqttBrokers(
    { password: () => Promise.resolve(undefined), boardKey: () => Promise.resolve(undefined) },
    silentLog,
  );
  const keys = {
    path: 'here',
    key: () => Promise.resolve(undefined),
    set: () => Promise.resolve(),
    remove: () => Promise.resolve(),
  };
  const window: CliWindow = {
    keys,
    macros: () => [{ name: 'six', from: { code: 'print(6)' }, folder: dir }],
    historyFile: join(dir, 'history.db'),
    historyServer: () => Promise.resolve(undefined),
    undo: new UndoStore(nodeUndoFolder(join(dir, 'undo'))),
    ignored: { all: () => Promise.resolve(new Set<string>()), set: () => Promise.resolve() },
    forget: () => Promise.resolve(),
    links: (own) =>
      windowLinks(
        {
          ...{ fleet: rig.fleet, hub, remoteName: undefined },
          selectable: () => rig.fleet.boards.map((b) => selectableBoard(rig.fleet, b)),
          groups: () => ({ house: 'kitchen,attic', outdoors: 'tag:outside' }),
          openTransport: createTransportFactory({ log: silentLog }),
          localSecret: () => Promise.resolve('secret'),
        },
        own,
      ),
  };
  server = new WindowServer(window, silentLog, file);
  await server.start();
});
afterAll(async () => {
  server.dispose();
  await rig.stop();
});

describe('mpyfleet in a terminal of the window', () => {
  it('has the names, tags and groups of the window, and uses its open links', async () => {
    const busy = await cli.run(['-b', rig.uboards[0]?.tty ?? '', 'exec', 'print(1)']);
    expect(busy).toMatchObject({
      status: 2,
      err: expect.stringContaining('Another program') as string,
    });
    const ran = await run(['-b', 'house', '--json', 'exec', 'print(6 * 7)']);
    expect(ran).toMatchObject({ status: 0 });
    const answers = JSON.parse(ran.out) as { board: string; output: string }[];
    expect(answers.map((a) => [a.board, a.output.trim()])).toEqual([
      ['kitchen', '42'],
      ['attic', '42'],
    ]);
    expect((await run(['-b', 'tag:lab', 'eval', '1 + 1'])).out).toBe('2\n');
    expect((await run(['-b', 'tag:lab', 'macro', 'six'])).out).toBe('6\n');
    expect((await run(['-b', 'kitchen,-,state:ready', 'eval', '1'])).status).toBe(64);
    expect((await run(['list'])).out).toMatch(/^attic +serial:.*\nkitchen +serial:/);
    // By the address of a board it is the same board.
    expect((await run(['-b', rig.uboards[1]?.tty ?? '', 'eval', '3'])).out).toBe('3\n');
    expect(rig.boards.map((b) => b.state.tag)).toEqual(['idle', 'idle']);
  });

  it('adds the names and tags of device files in its folder, but not to the groups of the window', async () => {
    const cwd = tempDir('window-devices');
    mkdirSync(join(cwd, '.micropython', 'devices'), { recursive: true });
    const text = `porch: { uid: "${board(0).uid ?? ''}", tags: [outside] }\nattic: { uid: aa01 }\n`;
    writeFileSync(join(cwd, '.micropython', 'devices', 'all.yaml'), text);
    const name = async (selector: string) => {
      const { out } = await run(['-b', selector, '--json', 'exec', 'print(1)'], { cwd });
      return (JSON.parse(out || '[]') as { board: string }[]).map((a) => a.board);
    };
    expect(await name('porch')).toEqual(['kitchen']);
    expect(await name('tag:outside')).toEqual(['kitchen']);
    expect(await name('attic')).toEqual(['attic']);
    expect(await name('@outdoors')).toEqual([]);
  });

  it('copies files both ways, reads a pipe and opens an editor where it was typed', async () => {
    const data = randomBytes(20_000);
    writeFileSync(join(dir, 'data.bin'), data);
    const cwd = dir;
    expect(await run(['-b', 'kitchen', 'put', 'data.bin', ':'], { cwd })).toMatchObject({
      status: 0,
    });
    expect((await run(['-b', 'kitchen', 'cat', ':data.bin'])).bytes).toEqual(data);
    const piped = await run(['-b', 'attic', 'exec', '-'], { input: 'print("from a pipe")\n' });
    expect(piped).toMatchObject({ status: 0, out: 'from a pipe\n' });
    await run(['-b', 'attic', 'exec', "f = open('a.txt', 'w'); f.write('one'); f.close()"]);
    const edited = await run(['-b', 'attic', 'edit', ':/a.txt'], {
      env: { EDITOR: 'sed -i s/one/two/', PATH: process.env.PATH ?? '' },
    });
    expect(edited).toMatchObject({ status: 0, out: expect.stringContaining('written') as string });
    expect((await run(['-b', 'attic', 'cat', ':/a.txt'])).out).toBe('two');
  });

  it('waits for its turn, and never asks in the window', async () => {
    const order: string[] = [];
    const job = board(0).exec('import time\ntime.sleep(1)', { job: 'A job of the window' });
    const [ran] = await Promise.all([
      run(['-b', 'kitchen', 'eval', '5']).then((r) => (order.push('shell'), r)),
      job.then(() => order.push('window')),
    ]);
    expect(ran.out).toBe('5\n');
    expect(order).toEqual(['window', 'shell']);
    const started = new Promise<void>((resolve) => {
      const watching = board(0).onDidChange(() => {
        if (board(0).state.tag !== 'running') return;
        watching.dispose();
        resolve();
      });
    });
    const stopped = board(0)
      .exec('while True: pass', { program: {} })
      .catch(() => 'stopped');
    await started;
    const refused = await run(['-b', 'kitchen', 'eval', '5']);
    expect(refused).toMatchObject({ status: 2, err: expect.stringContaining('--stop') as string });
    expect((await run(['-b', 'kitchen', '--stop', 'eval', '5'])).out).toBe('5\n');
    expect(await stopped).toBe('stopped');
    expect(rig.asked).toBe(0);
  });

  it('shows a REPL through the window, and ends with the shell', async () => {
    const { screen, status } = await inTerminal(
      [process.execPath, cli.path, '-b', 'kitchen', 'repl'],
      [
        ['Ctrl-]', '\r'],
        ['>>> ', 'print(40 + 2)\r'],
        [/\b42\b/, '\x1d'],
      ],
      env,
    );
    expect(screen).toContain('kitchen');
    expect(status).toBe(0);
    const endless = cli.start(['-b', 'attic', 'exec', 'print("go")\nwhile True: pass'], { env });
    await endless.until(/go/);
    expect(await endless.stop('SIGINT')).toBe(130);
    expect((await run(['-b', 'attic', 'eval', '7'])).out).toBe('7\n');
  });

  it('lets in only this user, with the token of the file', async () => {
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(place().path).mode & 0o777).toBe(0o600);
    const said = await new Promise<string>((resolve, reject) => {
      const socket = connect(place().path);
      let text = '';
      socket.on('data', (chunk) => (text += chunk.toString()));
      socket.on('error', reject);
      socket.on('close', () => resolve(text));
      const hello = { token: 'x'.repeat(32), version: '0', argv: ['list'], cwd: '/', env: {} };
      socket.write(`${JSON.stringify(hello)}\n`);
    });
    expect(said).toBe('');
  });

  it('works on its own when the window is closed', async () => {
    const { path } = place();
    server.dispose();
    const alone = await run(['-b', 'kitchen', 'eval', '1']);
    expect(alone).toMatchObject({ status: 64, err: expect.stringContaining('No board') as string });
    await board(0).disconnect();
    expect((await run(['-b', rig.uboards[0]?.tty ?? '', 'eval', '1'])).out).toBe('1\n');
    expect(existsSync(path)).toBe(false);
  });
});
