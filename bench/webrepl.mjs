// @ts-check
// node bench/webrepl.mjs: our verified upload and download over WebREPL against the protocol's own put and get, done as its official client
// does them (frames of 1024 bytes; unverified, in place), on the same board with the same files, in turns. "first": the first file of a connection; "up": the
// next; "whole": the next, beside the official client as a whole, which connects for each file. Straight over the
// loopback interface, and with a network of 5 ms each way between. Ratios above 1.0: ours is faster.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { ReadStream } from 'node:tty';
import esbuild from 'esbuild';
import { WebSocket } from 'ws';
import { forNode } from '../scripts/programs.mjs';
import { pollUntil, root, startUboard, tempDir } from '../test/lab/index.mjs';
import { keep } from './readme.mjs';
import { pythonSource } from './source.mjs';

const ROUNDS = 7;
const SIZE = 200_000;
const LATENCY_MS = 5;
const PASSWORD = 'secret';
const WAYS = {
  First: 'up, the first of a connection',
  Up: 'up, the next',
  Whole: 'up, against the official client, which connects for each',
  Down: 'down',
};
/** @type {string[]} */
const lines = [];
const say = (/** @type {string} */ line) => {
  lines.push(line);
  console.log(line);
};
const port = 10_000 + Math.floor(Math.random() * 20_000);

const { webReplTransport, SessionFiles, webreplAddress, silentLog } = await bundle();
const boot = `import webrepl\nwebrepl.start(${port}, "${PASSWORD}")\n`;
const board = await startUboard({ files: { 'boot.py': boot }, sizeKib: 4096 });
const tty = new ReadStream(openSync(board.tty, 'r+'));
tty.on('error', () => undefined).resume(); // a serial line that nobody reads holds the board up
const far = await slowNetwork(port, LATENCY_MS);
try {
  if (!(await pollUntil(async () => (await client(port)) ?? false, 10_000))) {
    throw new Error('the board has no WebREPL');
  }
  const contents = { random: randomBytes(SIZE), 'Python source': await pythonSource(SIZE) };
  say('| network | 200 kB file | way | ours, verified | bare, in place | ratio |');
  say('| --- | --- | --- | ---: | ---: | ---: |');
  for (const [network, at] of /** @type {const} */ ([
    ['loopback', port],
    [`${LATENCY_MS} ms`, far.port],
  ])) {
    for (const [kind, content] of Object.entries(contents))
      await compare(network, at, kind, content);
  }
} finally {
  far.close();
  tty.destroy();
  await board.stop();
}
keep('webrepl', lines.join('\n'));

/** @param {string} network @param {number} at @param {string} kind @param {Buffer} content */
async function compare(network, at, kind, content) {
  /** @type {Record<string, number[]>} */
  const times = {
    oursFirst: [],
    bareFirst: [],
    oursUp: [],
    bareUp: [],
    oursDown: [],
    bareDown: [],
    bareWhole: [],
  };
  for (let round = 0; round < ROUNDS; round++) {
    const transport = webReplTransport(
      webreplAddress(`ws://127.0.0.1:${at}`),
      { getPassword: () => Promise.resolve(PASSWORD) },
      silentLog,
    );
    await transport.open(new AbortController().signal);
    const files = new SessionFiles((/** @type {any} */ work, /** @type {any} */ options) =>
      transport.withSession(work, options),
    );
    await files.list('/'); // both begin with a connection that knows its board
    times.oursFirst?.push(await timed(() => files.write('/ours.bin', content)));
    times.oursUp?.push(await timed(() => files.write('/ours.bin', content)));
    times.oursDown?.push(await timed(async () => same(await files.read('/ours.bin'), content)));
    await transport.close();
    const ws = await opened(at);
    times.bareFirst?.push(await timed(() => put(ws, '/bare.bin', content)));
    times.bareUp?.push(await timed(() => put(ws, '/bare.bin', content)));
    times.bareDown?.push(await timed(async () => same(await get(ws, '/bare.bin'), content)));
    ws.close();
    await once(ws, 'close');
    // The official client connects, logs in and asks for the version for each file; an open connection is what we keep.
    times.bareWhole?.push(
      await timed(async () => {
        const own = await opened(at);
        const heard = answers(own);
        own.send(header(3, '', 0));
        await heard();
        await put(own, '/bare.bin', content);
        own.close();
        await once(own, 'close');
      }),
    );
  }
  times.oursWhole = times.oursUp ?? [];
  for (const way of /** @type {const} */ (['First', 'Up', 'Whole', 'Down'])) {
    const [ours, bare] = [median(times[`ours${way}`] ?? []), median(times[`bare${way}`] ?? [])];
    say(
      `| ${network} | ${kind} | ${WAYS[way]} | ${ms(ours)} | ${ms(bare)} | ${(bare / ours).toFixed(2)} |`,
    );
  }
}

/** @param {WebSocket} ws @param {string} name @param {Buffer} content */
async function put(ws, name, content) {
  const heard = answers(ws);
  ws.send(header(1, name, content.length));
  ok(await heard());
  for (let at = 0; at < content.length; at += 1024) {
    const sent = new Promise((resolve) => ws.send(content.subarray(at, at + 1024), resolve));
    await sent;
  }
  ok(await heard());
}

/** @param {WebSocket} ws @param {string} name */
async function get(ws, name) {
  const heard = answers(ws);
  ws.send(header(2, name, 0));
  ok(await heard());
  const parts = [];
  for (;;) {
    ws.send(Buffer.from([0]));
    const part = await heard();
    const length = part.readUInt16LE(0);
    if (length === 0) break;
    parts.push(part.subarray(2, 2 + length));
  }
  ok(await heard());
  return Buffer.concat(parts);
}

/** @param {WebSocket} ws */
function answers(ws) {
  /** @type {Buffer[]} */
  const heard = [];
  /** @type {((data: Buffer) => void)[]} */
  const waiting = [];
  ws.removeAllListeners('message');
  ws.on('message', (data, isBinary) => {
    if (!isBinary) return;
    const next = waiting.shift();
    if (next) next(/** @type {Buffer} */ (data));
    else heard.push(/** @type {Buffer} */ (data));
  });
  return () =>
    /** @type {Promise<Buffer>} */ (
      new Promise((resolve) => {
        const data = heard.shift();
        if (data) resolve(data);
        else waiting.push(resolve);
      })
    );
}

/** @param {number} type @param {string} name @param {number} size */
function header(type, name, size) {
  const bytes = Buffer.alloc(82);
  bytes.write('WA');
  bytes[2] = type;
  bytes.writeUInt32LE(size, 12);
  bytes.writeUInt16LE(name.length, 16);
  bytes.write(name, 18);
  return bytes;
}

/** @param {Buffer} answer */
function ok(answer) {
  if (answer.toString('latin1') !== 'WB\0\0')
    throw new Error(`WebREPL said ${answer.toString('hex')}`);
}

/** A logged-in connection, or undefined while there is no server. @param {number} at @returns {Promise<boolean>} */
async function client(at) {
  try {
    const ws = await opened(at);
    ws.close();
    await once(ws, 'close');
    return true;
  } catch {
    return false; // not started yet
  }
}

/** @param {number} at */
async function opened(at) {
  const ws = new WebSocket(`ws://127.0.0.1:${at}`, {
    perMessageDeflate: false,
    skipUTF8Validation: true,
  });
  let said = '';
  await new Promise((resolve, reject) => {
    ws.on('error', reject);
    ws.on('close', () => reject(new Error(`closed after ${JSON.stringify(said)}`)));
    ws.on('message', (data) => {
      said += data;
      if (said.endsWith('Password: ')) ws.send(`${PASSWORD}\r`);
      if (said.endsWith('>>> ')) resolve(undefined);
    });
  });
  ws.removeAllListeners('close');
  return ws;
}

/** A TCP proxy that holds every byte back for so long. @param {number} to @param {number} delay */
async function slowNetwork(to, delay) {
  const server = createServer((near) => {
    const there = connect(to, '127.0.0.1');
    for (const [from, into] of [
      [near, there],
      [there, near],
    ]) {
      from?.setNoDelay(true);
      from?.on('data', (data) => setTimeout(() => into?.write(data), delay));
      from?.on('end', () => setTimeout(() => into?.end(), delay + 1));
      from?.on('error', () => into?.destroy());
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { port: address.port, close: () => server.close() };
}

async function bundle() {
  const outfile = join(tempDir('bench-webrepl'), 'webrepl.cjs');
  await esbuild.build({
    ...forNode,
    stdin: {
      contents: [
        `export { webReplTransport } from './src/transports/webrepl';`,
        `export { SessionFiles } from './src/core/files/sessionFiles';`,
        `export { webreplAddress } from './src/core/address';`,
        `export { silentLog } from './src/core/log';`,
      ].join('\n'),
      resolveDir: root,
      loader: 'ts',
    },
    outfile,
  });
  return (await import(outfile)).default;
}

/** @param {() => Promise<void>} work */
async function timed(work) {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** @param {Uint8Array} got @param {Buffer} wanted */
function same(got, wanted) {
  if (!wanted.equals(got)) throw new Error('the file came back changed');
}

/** @param {number[]} values */
function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}

/** @param {number} value */
function ms(value) {
  return `${value.toFixed(1)} ms`;
}
