import { readdir, readFile } from 'node:fs/promises';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import mqtt from 'mqtt';
import { afterEach, expect, test } from 'vitest';
import {
  pollUntil,
  RawRepl,
  root,
  startEjabberdCluster,
  startMicrobit,
  startMpboard,
  tempDir,
} from '../../lab/index.mjs';

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function printed(tty: string, code: string) {
  const repl = new RawRepl(tty);
  try {
    await repl.enter();
    return (await repl.exec(code)).toString();
  } finally {
    repl.close();
  }
}

test('mpboard is a 32-bit MicroPython 1.25', async () => {
  const board = await startMpboard({ name: 'chip', files: { 'main.py': 'x = 7\n' } });
  ends.push(board.stop);
  const code =
    'import sys, machine\nprint(sys.version_info[:2], sys.maxsize, machine.unique_id(), x)';
  expect(await printed(board.tty, code)).toBe(`(3, 4) ${2 ** 31 - 1} b'chip' 7\r\n`);
});

test('microbit is MicroPython 1.9.2', async () => {
  const board = await startMicrobit();
  ends.push(board.stop);
  expect(await printed(board.tty, 'import sys\nprint(sys.implementation)')).toBe(
    "(name='micropython', version=(1, 9, 2))\r\n",
  );
});

test('two ejabberd nodes are one broker, which survives the loss of one', async () => {
  const cluster = await startEjabberdCluster();
  ends.push(cluster.stop);
  const connect = async (url: string) => {
    const client = await mqtt.connectAsync(url, {
      username: 'maker@localhost',
      password: 'secret',
      protocolVersion: 5,
      reconnectPeriod: 0,
    });
    ends.push(() => client.endAsync(true));
    return client;
  };
  const [a, b] = cluster.nodes;
  const listener = await connect(a.url);
  const heard: string[] = [];
  listener.on('message', (topic, payload) => heard.push(`${topic} ${payload.toString()}`));
  await listener.subscribeAsync('mpyfleet/#', { qos: 1 });
  const speaker = await connect(b.url);
  await speaker.publishAsync('mpyfleet/kitchen', 'across', { qos: 1 });
  expect(await pollUntil(() => Promise.resolve(heard.length > 0), 5000)).toBe(true);
  expect(heard).toEqual(['mpyfleet/kitchen across']);

  await b.kill();
  await (await connect(a.url)).publishAsync('mpyfleet/kitchen', 'alone', { qos: 1 });
  await b.restart();
  await (await connect(b.url)).publishAsync('mpyfleet/kitchen', 'again', { qos: 1 });
  expect(await pollUntil(() => Promise.resolve(heard.length > 2), 5000)).toBe(true);
  expect(heard.slice(1)).toEqual(['mpyfleet/kitchen alone', 'mpyfleet/kitchen again']);
}, 180_000);

test('the children of a killed process end with it', async () => {
  const script = `
    import { startUboard, startSerlink } from './test/lab/index.mjs';
    const board = await startUboard();
    const cable = await startSerlink({ to: board.tty });
    console.log('TTYS ' + JSON.stringify([board.tty, cable.tty]));
    setInterval(() => {}, 1000);`;
  // A killed process cannot remove its folders, so they are inside one of this process.
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    cwd: root,
    env: { ...process.env, TMPDIR: tempDir('killed') },
  });
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  const [tty = ''] = JSON.parse(line.replace('TTYS ', '')) as string[];
  const alive = async () => (await processesWith(tty)).length > 0;
  expect(await alive()).toBe(true);
  child.kill('SIGKILL');
  expect(await pollUntil(async () => !(await alive()), 5000)).toBe(true);
});

/** The processes whose command line contains the text. */
async function processesWith(text: string): Promise<string[]> {
  const pids = (await readdir('/proc')).filter(
    (name) => /^\d+$/.test(name) && name !== String(process.pid),
  );
  const lines = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
  );
  return lines.filter((line) => line.includes(text));
}
