// @ts-check
// node bench/olderCable.mjs TREE [ROUNDS] [BAUD]: this tree's mpyfleet against the one of another checkout (`git worktree add`, with its
// packages installed), on the same board and cable, in turns whose order changes: whole processes that upload, download, sync 200
// unchanged files and run `pass`, with the CPU time of each, and the core's own times within one connection. A ratio above 1.00: this
// tree is faster. Default: 5 rounds at 115200 baud; BAUD 0 is a cable without a limit, which shows the computer's own work.
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import { join, resolve } from 'node:path';
import { root, run, startSerlink, startUboard, tempDir } from '../test/lab/index.mjs';
import { driver, unchangedItems } from './sessions.mjs';
import { pythonSource } from './source.mjs';

const [other = '', rounds = '5', baud = '115200'] = process.argv.slice(2);
if (other === '') throw new Error('usage: node bench/olderCable.mjs TREE [ROUNDS] [BAUD]');
const SIZE = 200_000;
/** Times that `pass` runs within one connection in each round. */
const REPEAT = 41;
/** Code that removes what an earlier upload has left. */
const REMOVE = "import os\nif 'up' in os.listdir(): os.remove('up')";
/** @typedef {'here' | 'other'} Side */
const trees = { here: root, other: resolve(other) };
/** Times in seconds, by the measurement; one for each round. @type {Map<string, Record<Side, number[]>>} */
const taken = new Map();

// Ctrl-C ends it after the round, with the table.
let stopped = false;
process.on('SIGINT', () => (stopped = true));
const dir = tempDir('bench-older');
const usage = join(dir, 'usage.json');
const preload = join(dir, 'usage.cjs');
writeFileSync(
  preload,
  `process.on('exit', () => require('fs').writeFileSync(process.env.BENCH_USAGE, JSON.stringify(process.resourceUsage())));`,
);
const random = join(dir, 'random');
const source = join(dir, 'source');
const folder = join(dir, 'same');
writeFileSync(random, randomBytes(SIZE));
writeFileSync(source, await pythonSource(SIZE));
const items = unchangedItems(200, await pythonSource(500_000));
mkdirSync(folder);
for (const { path, content } of items) writeFileSync(join(folder, path.slice(6)), content);

const drivers = {
  here: await built('here'),
  other: await built('other'),
};
const board = await startUboard({ drop: baud !== '0', sizeKib: 8192 });
const cable = await startSerlink({ to: board.tty, baud: Number(baud) });
try {
  await whole('here', 'put', '-r', `${folder}/.`, ':/same');
  for (let round = 0; round < Number(rounds); round++) {
    await inTurns(round, 'upload, random', (side) => upload(side, random));
    await inTurns(round, 'upload, Python source', (side) => upload(side, source));
    await inTurns(round, 'download', download);
    await inTurns(round, 'sync, 200 unchanged', (side) => whole(side, 'sync', folder, ':/same'));
    await inTurns(round, 'exec', (side) => whole(side, 'exec', 'pass'));
    await inTurns(round, 'one connection', async (side) => {
      const found = await drivers[side].measure(cable.tty, items, REPEAT);
      return { 'compare 200': found.seconds, 'exec("pass")': found.exec };
    });
    console.log(`round ${round + 1} of ${rounds}, load ${loadavg()[0]?.toFixed(1)}`);
    if (stopped) break;
  }
} finally {
  await cable.stop();
  await board.stop();
}
table();

/** Builds a tree's programs as they are shipped, and bundles its core. @param {Side} side */
async function built(side) {
  const tree = trees[side];
  await run([process.execPath, join(tree, 'esbuild.mjs'), '--production'], { cwd: tree });
  const at = join(dir, side);
  mkdirSync(at);
  return driver(at, tree);
}

/** @param {Side} side @param {string} path */
async function upload(side, path) {
  // A new file: this tree reads a file that it replaces, to keep a copy, which an older one may not do.
  await run([
    process.execPath,
    join(root, 'dist', 'cli.js'),
    '-b',
    `serial:${cable.tty}`,
    'exec',
    REMOVE,
  ]);
  const seconds = await whole(side, 'put', path, ':/up');
  const content = (await board.files())['/up'];
  if (!content?.equals(readFileSync(path))) throw new Error(`${side}: /up differs`);
  return seconds;
}

/** @param {Side} side */
async function download(side) {
  const to = join(dir, 'down');
  const seconds = await whole(side, 'get', ':/up', to);
  if (!readFileSync(to).equals(readFileSync(source))) throw new Error(`${side}: ${to} differs`);
  rmSync(to);
  return seconds;
}

/** Runs one process. @param {Side} side @param {...string} args @returns {Promise<Record<string, number>>} */
async function whole(side, ...args) {
  const home = join(dir, 'home'); // no configuration of the machine takes part
  mkdirSync(home, { recursive: true });
  const env = { ...process.env, HOME: home, XDG_CONFIG_HOME: home, BENCH_USAGE: usage };
  const program = join(trees[side], 'dist', 'cli.js');
  const board = ['-b', `serial:${cable.tty}`];
  const began = performance.now();
  await run([process.execPath, '--require', preload, program, ...board, ...args], { env });
  const seconds = (performance.now() - began) / 1000;
  const { userCPUTime, systemCPUTime } = JSON.parse(readFileSync(usage, 'utf8'));
  rmSync(home, { recursive: true });
  return { seconds, CPU: (userCPUTime + systemCPUTime) / 1e6 };
}

/** @param {number} round @param {string} name @param {(side: Side) => Promise<Record<string, number>>} work */
async function inTurns(round, name, work) {
  /** @type {Side[]} */
  const order = round % 2 === 0 ? ['here', 'other'] : ['other', 'here'];
  for (const side of order) {
    for (const [what, seconds] of Object.entries(await work(side))) {
      const key = `${name}: ${what}`;
      const times = taken.get(key) ?? { here: [], other: [] };
      times[side].push(seconds);
      taken.set(key, times);
    }
  }
}

function table() {
  const line = baud === '0' ? 'a cable without a limit' : `${baud} baud`;
  console.log(`\n${rounds} rounds, ${line}, ${availableParallelism()} cores\n`);
  console.log('| work | this tree | other tree | ratio | half of the rounds |');
  console.log('| --- | --: | --: | --: | --: |');
  for (const [name, { here, other }] of taken) {
    const pairs = here.map((seconds, i) => (other[i] ?? NaN) / seconds);
    const [low, high] = [quantile(pairs, 0.25), quantile(pairs, 0.75)];
    const [ours, theirs] = [quantile(here, 0.5), quantile(other, 0.5)];
    const cells = [`${shown(ours)} s`, `${shown(theirs)} s`, (theirs / ours).toFixed(3)];
    console.log(`| ${name} | ${cells.join(' | ')} | ${low.toFixed(3)} to ${high.toFixed(3)} |`);
  }
}

/** @param {number} seconds */
function shown(seconds) {
  return seconds < 0.1 ? seconds.toFixed(5) : seconds.toFixed(3);
}

/** @param {number[]} values @param {number} q */
function quantile(values, q) {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (sorted.length - 1) * q;
  const [below = NaN, above = NaN] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]];
  return below + (above - below) * (at - Math.floor(at));
}
