// @ts-check
// node bench/webrepl.mjs: our verified upload and download over WebREPL against the protocol's own put and get, done as its official client
// does them (unverified, in place), on the same board with the same files, in turns. "Client": what happens inside of one program,
// "whole": the programs, which connect, log in and end. Ratios above 1.0: ours is faster.
import { once } from 'node:events';
import { randomBytes } from 'node:crypto';
import { openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ReadStream } from 'node:tty';
import esbuild from 'esbuild';
import { forNode, inPieces } from '../scripts/programs.mjs';
import { pollUntil, root, run, startUboard, tempDir } from '../test/lab/index.mjs';
import { keep } from './page.mjs';
import { pythonSource } from './source.mjs';
import { get, opened, put, serves } from './webreplClient.mjs';
import { slowNetwork } from './webreplNetwork.mjs';

const SIZE = 200_000;
const PASSWORD = 'secret';
/** The official client asks again for every 256 bytes of a download, which takes long. */
const DOWNS = 3;
/** Long enough for the REPL to be back at its prompt. */
const PAUSE_MS = 100;
/** Rate, in bytes per second, at which an ESP32 accepts data over WebREPL. */
const WIFI = 100_000;
const WAYS = {
  First: 'up, the first of a connection',
  Up: 'up, the next at once',
  Later: 'up, the next after a pause',
  Down: 'down',
  Connecting: 'up, bare with a connection for each',
  Whole: 'up, whole programs: `mpyfleet put`, a client in Python',
};
const dir = tempDir('bench-webrepl');
/** @type {string[]} */
const lines = [];
const say = (/** @type {string} */ line) => {
  lines.push(line);
  console.log(line);
};
const port = 10_000 + Math.floor(Math.random() * 20_000);

/** The bundled command line. */
const cli = join(dir, 'dist', 'cli.js');
await esbuild.build(
  inPieces({
    entries: { cli: 'src/cli/main.ts' },
    outdir: join(dir, 'dist'),
    production: true,
  }),
);
const { webReplTransport, SessionFiles, webreplAddress, silentLog } = await bundle();
const boot = `import webrepl\nwebrepl.start(${port}, "${PASSWORD}")\n`;
const board = await startUboard({ files: { 'boot.py': boot }, sizeKib: 4096 });
const tty = new ReadStream(openSync(board.tty, 'r+'));
tty.on('error', () => undefined).resume(); // a serial line that no one reads blocks the board
const far = await slowNetwork(port, 5);
const slow = await slowNetwork(port, 5, WIFI);
try {
  if (!(await pollUntil(() => serves(port, PASSWORD), 10_000))) {
    throw new Error('the board has no WebREPL');
  }
  const contents = { random: randomBytes(SIZE), 'Python source': await pythonSource(SIZE) };
  say('| network | 200 kB file | way | ours, verified | bare, in place | ratio |');
  say('| --- | --- | --- | ---: | ---: | ---: |');
  for (const [network, at, rounds] of /** @type {const} */ ([
    ['loopback', port, 15],
    ['5 ms', far.port, 9],
    ['5 ms, 100 kB/s', slow.port, 3],
  ])) {
    for (const [kind, content] of Object.entries(contents))
      await compare(network, at, kind, content, rounds);
  }
} finally {
  far.close();
  slow.close();
  tty.destroy();
  await board.stop();
}
keep('webrepl', lines.join('\n'));

/** @param {string} network @param {number} at @param {string} kind @param {Buffer} content @param {number} rounds */
async function compare(network, at, kind, content, rounds) {
  /** @type {Record<string, [ours: number[], bare: number[]]>} */
  const times = Object.fromEntries(Object.keys(WAYS).map((way) => [way, [[], []]]));
  for (let round = 0; round < rounds; round++) {
    const down = round < DOWNS && at !== slow.port;
    await ours(at, content, down, (way, ms) => times[way]?.[0].push(ms));
    await bare(at, content, down, (way, ms) => times[way]?.[1].push(ms));
    if (at !== slow.port) continue;
    const path = join(dir, 'file.bin');
    writeFileSync(path, content);
    const to = ['-b', `ws://127.0.0.1:${at}`];
    const our = [process.execPath, cli, ...to, 'put', path, ':/ours.bin'];
    times.Whole?.[0].push(await program(our));
    const theirs = join(root, 'bench', 'webreplPut.py');
    const args = [String(at), PASSWORD, path, '/bare.bin'];
    times.Whole?.[1].push(await program(['python3', theirs, ...args]));
  }
  if (times.Connecting) times.Connecting[0] = times.Later?.[0] ?? [];
  for (const [way, words] of Object.entries(WAYS)) {
    const [our = NaN, their = NaN] = (times[way] ?? []).map(median);
    if (Number.isNaN(our)) continue;
    say(
      `| ${network} | ${kind} | ${words} | ${ms(our)} | ${ms(their)} | ${(their / our).toFixed(2)} |`,
    );
  }
}

/** @param {number} at @param {Buffer} content @param {boolean} down @param {(way: string, ms: number) => void} took */
async function ours(at, content, down, took) {
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
  const upload = () => files.write('/ours.bin', content);
  took('First', await timed(upload));
  took('Up', await timed(upload));
  await pause();
  took('Later', await timed(upload));
  if (down) took('Down', await timed(async () => same(await files.read('/ours.bin'), content)));
  await transport.close();
}

/** @param {number} at @param {Buffer} content @param {boolean} down @param {(way: string, ms: number) => void} took */
async function bare(at, content, down, took) {
  const ws = await opened(at, PASSWORD);
  const upload = () => put(ws, '/bare.bin', content);
  took('First', await timed(upload));
  took('Up', await timed(upload));
  await pause();
  took('Later', await timed(upload));
  if (down) took('Down', await timed(async () => same(await get(ws, '/bare.bin'), content)));
  ws.close();
  await once(ws, 'close');
  // The official client connects and logs in for each file; an open connection is what we keep.
  const connecting = async () => {
    const own = await opened(at, PASSWORD);
    await put(own, '/bare.bin', content);
    own.close();
    await once(own, 'close');
  };
  took('Connecting', await timed(connecting));
}

/** Milliseconds of a program's whole run. @param {string[]} command */
async function program(command) {
  const env = {
    PATH: process.env.PATH,
    XDG_CONFIG_HOME: dir, // no configuration of the machine takes part
    MPYFLEET_PASSWORD: PASSWORD,
  };
  return timed(() => run(command, { env }));
}

async function bundle() {
  const outfile = join(dir, 'webrepl.cjs');
  await esbuild.build({
    ...forNode,
    stdin: {
      contents: [
        `export { webReplTransport } from './src/transports/webrepl/webReplTransport';`,
        `export { SessionFiles } from './src/core/files/sessionFiles';`,
        `export { webreplAddress } from './src/core/parseAddress';`,
        `export { silentLog } from './src/core/log';`,
      ].join('\n'),
      resolveDir: root,
      loader: 'ts',
    },
    outfile,
  });
  return (await import(outfile)).default;
}

/** @param {() => Promise<unknown>} work */
async function timed(work) {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

async function pause() {
  await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
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
