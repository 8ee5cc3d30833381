import { lstatSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { SerialPort } from 'serialport';
import { afterEach, expect, test } from 'vitest';
import {
  pollUntil,
  RawRepl,
  run,
  startEsp,
  startMosquitto,
  startSerlink,
  startUboard,
  tempDir,
} from '../../lab/index.mjs';

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function board(options: Parameters<typeof startUboard>[0] = {}) {
  const started = await startUboard(options);
  ends.push(started.stop);
  return started;
}
async function cable(options: Parameters<typeof startSerlink>[0]) {
  const started = await startSerlink(options);
  ends.push(started.stop);
  return started;
}
async function rawRepl(tty: string) {
  const repl = new RawRepl(tty);
  ends.push(() => {
    repl.close();
    return Promise.resolve();
  });
  await repl.enter();
  return repl;
}

test('a board has its name and its files, and keeps written files', async () => {
  const awkward = Buffer.from(Array.from({ length: 5000 }, (_, i) => i % 256));
  const files = { 'main.py': 'x = 41\n', '/data/ü #1.bin': awkward, 'empty.txt': '' };
  const b = await board({ name: 'kitchen', files });
  const repl = await rawRepl(b.tty);
  expect((await repl.exec('import machine; print(machine.unique_id(), x + 1)')).toString()).toBe(
    "b'kitchen' 42\r\n",
  );
  await repl.exec("with open('/new.txt', 'w') as f: f.write('hello')");
  expect(await b.files()).toEqual({
    '/main.py': Buffer.from('x = 41\n'),
    '/data/ü #1.bin': awkward,
    '/empty.txt': Buffer.alloc(0),
    '/new.txt': Buffer.from('hello'),
  });
});

test('a power cycle brings the board back on the same path with its flash', async () => {
  const b = await board();
  const before = await rawRepl(b.tty);
  await before.exec("y = 1\nopen('/kept', 'w').close()");
  await b.restart();
  const after = await rawRepl(b.tty);
  const said = await after.exec("import os\nprint('y' in globals(), os.listdir())");
  expect(said.toString()).toBe("False ['kept']\r\n");
});

test('a board that ends takes its path with it, but not that of the next one', async () => {
  const tty = join(tempDir('port'), 'tty');
  const first = await board({ tty });
  await first.kill();
  expect(() => lstatSync(tty)).toThrow('ENOENT');
  const second = await startEsp({ chip: 'esp32', tty });
  ends.push(second.stop);
  await first.stop();
  expect(readlinkSync(tty)).toMatch(/^\/dev\/pts\//);
  await second.stop();
  expect(() => lstatSync(tty)).toThrow('ENOENT');
});

test('the cable paces: 2,000 bytes at 115200 baud take their 174 ms', async () => {
  const b = await board();
  const line = await cable({ to: b.tty, baud: 115200 });
  const repl = await rawRepl(line.tty);
  const before = await line.stats();
  const start = performance.now();
  await repl.exec("print('x' * 2000)");
  const took = performance.now() - start;
  const after = await line.stats();
  expect(after.toHost - before.toHost).toBe(2000 + '\r\n'.length + 'OK\x04\x04>'.length);
  expect(took).toBeGreaterThan(170);
});

test.each([
  [{ kind: 'flip', mask: 0x20 }, 'abCdef'],
  [{ kind: 'drop', count: 2 }, 'abef'],
  [{ kind: 'dup', count: 2 }, 'abcdcdef'],
  [{ kind: 'insert', data: Buffer.from('--') }, 'ab--cdef'],
] as const)('the cable disturbs the third byte: %o', async (fault, expected) => {
  const b = await board();
  const line = await cable({ to: b.tty });
  const repl = await rawRepl(line.tty);
  await line.fault({ dir: 'toHost', at: 'OKab'.length, ...fault });
  expect((await repl.exec("print('abcdef', end='')")).toString()).toBe(expected);
  await line.fault({ dir: 'toBoard', at: "print('ab".length, ...fault });
  expect((await repl.exec("print('abcdef', end='')")).toString()).toBe(expected);
});

test('a pulled cable hangs up the port, loses bytes in transit, and returns at the same path', async () => {
  const b = await board();
  const line = await cable({ to: b.tty });
  const port = new SerialPort({ path: line.tty, baudRate: 115200, autoOpen: false });
  await new Promise<void>((resolve, reject) => port.open((e) => (e ? reject(e) : resolve())));
  port.on('data', () => undefined);
  const closed = new Promise((resolve) => port.once('close', resolve));
  await line.fault({ dir: 'toBoard', at: 3, kind: 'unplug' });
  port.write('123456');
  expect(await closed).toMatchObject({ disconnected: true });
  await line.replug();
  const repl = await rawRepl(line.tty);
  expect((await repl.exec('print(2**100)')).toString()).toBe('1267650600228229401496703205376\r\n');
});

test('a cut cable is silent, and mended by plugging it in again', async () => {
  const b = await board();
  const line = await cable({ to: b.tty });
  const repl = await rawRepl(line.tty);
  await line.fault({ dir: 'toHost', at: 0, kind: 'cut' });
  const before = await line.stats();
  repl.write('print(1)\x04');
  expect(await pollUntil(async () => (await line.stats()).silent, 5000)).toBe(true);
  await line.replug();
  expect((await line.stats()).toHost).toBe(before.toHost);
  expect((await (await rawRepl(line.tty)).exec('print(2)')).toString()).toBe('2\r\n');
});

test('a broker checks passwords, certificates and its access list', async () => {
  const broker = await startMosquitto({
    tls: true,
    ws: true,
    users: { maker: 'secret' },
    acl: ['user maker', 'topic readwrite allowed/#'],
  });
  ends.push(broker.stop);
  const common = [
    '-h',
    'localhost',
    '-p',
    String(broker.tlsPort),
    '--cafile',
    broker.ca ?? '',
    '-q',
    '1',
  ];
  const login = ['-u', 'maker', '-P', 'secret'];
  await run(['mosquitto_pub', ...common, ...login, '-r', '-t', 'allowed/a', '-m', 'hello']);
  const got = await run(['mosquitto_sub', ...common, ...login, '-t', '#', '-C', '1']);
  expect(got).toBe('hello\n');
  await expect(run(['mosquitto_pub', ...common, '-t', 'allowed/a', '-m', 'x'])).rejects.toThrow(
    /not authori[sz]ed/i,
  );
});
