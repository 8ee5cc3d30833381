// @ts-check
/**
 * Compares this checkout with an older one: `node bench/older.mjs FOLDER [mqtt] [webrepl]`, FOLDER being the older checkout.
 * Each has its own host code and its own agent, on one build of MicroPython and at one broker. They work in turns, in short
 * blocks, so that a change of the computer's load meets both. Prints medians, the ratio old/new (above 1.0: this checkout is
 * faster) with its 95 % interval (bootstrap over blocks), and the CPU time of this process and of the board.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, openSync, readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ReadStream } from 'node:tty';
import { pathToFileURL } from 'node:url';
import esbuild from 'esbuild';
import { forNode } from '../scripts/programs.mjs';
import { pollUntil, root, startMosquitto, startUboard, tempDir } from '../test/lab/index.mjs';
import { pythonSource } from './source.mjs';
import { serves } from './webreplClient.mjs';

const SIZE = 200_000;
const EXECS = 25; // in a block
const KEY = Buffer.alloc(32, 7);
const PASSWORD = 'secret';
/** Milliseconds of CPU time of one tick of Linux's process accounting. */
const TICK_MS = 10;
const [folder = '', ...chosen] = process.argv.slice(2);
const blocks = Number(process.env.BLOCKS ?? 40);
const dir = tempDir('older');

/** @typedef {{ work: (content?: Buffer) => Promise<unknown>, pid: number }} Side */
/** @typedef {{ ms: number, host: number, board: number }} Cost */

const trees = { old: resolve(folder), new: root };
if (chosen.length === 0 || chosen.includes('mqtt')) await overMqtt();
if (chosen.length === 0 || chosen.includes('webrepl')) await overWebRepl();

async function overMqtt() {
  const broker = await startMosquitto({ config: ['set_tcp_nodelay true'] });
  const sides = await both(async (tree, name) => {
    const { agentModules } = await import(pathToFileURL(join(tree, 'scripts/buildAgent.mjs')).href);
    /** @type {Record<string, string | Uint8Array>} */
    const files = {
      '/mpyfleet/__init__.py': readFileSync(join(tree, 'board/agent/shim.py')),
      '/main.py': 'import mpyfleet\nmpyfleet.start()\n',
      '/mpyfleet/config.json': JSON.stringify({
        ...{ name, mode: 'signed', keys: { admin: KEY.toString('hex') } },
        broker: { host: '127.0.0.1', port: broker.port },
      }),
    };
    for (const [module, mpy] of await agentModules()) files[`/mpyfleet/a/${module}`] = mpy;
    const board = await startUboard({ name, heap: 1000, sizeKib: 8192, files });
    const { connect } = await bundle(tree, { entryPoints: [join(tree, 'bench/mqttDriver.ts')] });
    const host = await connect(broker.url, undefined, undefined, KEY);
    const uid = Buffer.from(name).toString('hex');
    if (!(await pollUntil(async () => host.broker.presences.get(uid)?.on === true, 20_000))) {
      throw new Error(`${name} does not come to the broker`);
    }
    const link = await host.link(uid);
    return {
      pid: pidOf(name),
      exec: () => link.withSession((/** @type {any} */ s) => s.exec('pass')),
      put: (/** @type {Buffer} */ content) =>
        link.withSession((/** @type {any} */ s) => s.native.write('/put.bin', content)),
      stop: async () => {
        await link.close();
        host.close();
        await board.stop();
      },
    };
  });
  const many = (/** @type {() => Promise<unknown>} */ one) => async () => {
    for (let i = 0; i < EXECS; i++) await one();
  };
  await compare('exec("pass") over MQTT', EXECS, {
    old: { pid: sides.old.pid, work: many(sides.old.exec) },
    new: { pid: sides.new.pid, work: many(sides.new.exec) },
  });
  await uploads('over MQTT', sides);
  await sides.old.stop();
  await sides.new.stop();
  await broker.stop();
}

async function overWebRepl() {
  const sides = await both(async (tree, name) => {
    const port = 10_000 + Math.floor(Math.random() * 20_000);
    const boot = `import webrepl\nwebrepl.start(${port}, "${PASSWORD}")\n`;
    const board = await startUboard({ name, files: { 'boot.py': boot }, sizeKib: 4096 });
    const tty = new ReadStream(openSync(board.tty, 'r+'));
    tty.on('error', () => undefined).resume(); // a serial line that no one reads blocks the board
    if (!(await pollUntil(() => serves(port, PASSWORD), 10_000))) throw new Error('no WebREPL');
    const older = existsSync(join(tree, 'src/core/parseAddress.ts')) ? 'parseAddress' : 'address';
    const contents = [
      `export { webReplTransport } from './src/transports/webrepl${older === 'address' ? '' : '/webReplTransport'}';`,
      `export { SessionFiles } from './src/core/files/sessionFiles';`,
      `export { webreplAddress } from './src/core/${older}';`,
      `export { silentLog } from './src/core/log';`,
    ].join('\n');
    const product = await bundle(tree, { stdin: { contents, resolveDir: tree, loader: 'ts' } });
    const transport = product.webReplTransport(
      product.webreplAddress(`ws://127.0.0.1:${port}`),
      { getPassword: () => Promise.resolve(PASSWORD) },
      product.silentLog,
    );
    await transport.open(new AbortController().signal);
    const files = new product.SessionFiles((/** @type {any[]} */ ...args) =>
      transport.withSession(...args),
    );
    await files.list('/');
    return {
      pid: pidOf(name),
      put: (/** @type {Buffer} */ content) => files.write('/put.bin', content),
      stop: async () => {
        await transport.close();
        tty.destroy();
        await board.stop();
      },
    };
  });
  await uploads('over WebREPL', sides);
  await sides.old.stop();
  await sides.new.stop();
}

/** @param {string} how @param {{ old: any, new: any }} sides */
async function uploads(how, sides) {
  const source = await pythonSource(SIZE);
  for (const kind of ['random', 'source']) {
    const work = (/** @type {any} */ side) => () =>
      side.put(
        kind === 'random'
          ? randomBytes(SIZE)
          : Buffer.concat([Buffer.from(`# ${randomBytes(8).toString('hex')}\n`), source]),
      );
    await compare(`200 kB up ${how}, ${kind}`, 1, {
      old: { pid: sides.old.pid, work: work(sides.old) },
      new: { pid: sides.new.pid, work: work(sides.new) },
    });
  }
}

/** @param {string} what @param {number} per works in a block @param {{ old: Side, new: Side }} sides */
async function compare(what, per, sides) {
  /** @type {{ old: Cost[], new: Cost[] }} */
  const costs = { old: [], new: [] };
  for (let i = -3; i < blocks; i++) {
    /** @type {('old' | 'new')[]} */
    const order = i % 2 ? ['old', 'new'] : ['new', 'old'];
    for (const name of order) {
      const cost = await measured(sides[name], per);
      if (i >= 0) costs[name].push(cost); // the first blocks warm up
    }
  }
  const of = (/** @type {Cost[]} */ list, /** @type {keyof Cost} */ key) =>
    median(list.map((cost) => cost[key]));
  const mean = (/** @type {Cost[]} */ list, /** @type {keyof Cost} */ key) =>
    list.reduce((sum, cost) => sum + cost[key], 0) / list.length;
  const ratios = Array.from({ length: 2000 }, () => {
    const drawn = Array.from({ length: blocks }, () => Math.floor(Math.random() * blocks));
    const some = (/** @type {Cost[]} */ list) => median(drawn.map((i) => list[i]?.ms ?? NaN));
    return some(costs.old) / some(costs.new);
  }).sort((a, b) => a - b);
  const [low = NaN, high = NaN] = [ratios[50], ratios[1949]];
  const ratio = of(costs.old, 'ms') / of(costs.new, 'ms');
  const cpu = (/** @type {keyof Cost} */ key) =>
    `${mean(costs.old, key).toFixed(2)} -> ${mean(costs.new, key).toFixed(2)} ms`;
  console.log(
    `${what}: ${of(costs.old, 'ms').toFixed(2)} -> ${of(costs.new, 'ms').toFixed(2)} ms, ratio ${ratio.toFixed(3)} ` +
      `(${low.toFixed(3)} to ${high.toFixed(3)}, ${blocks} blocks); CPU of the host ${cpu('host')}, of the board ${cpu('board')}`,
  );
}

/** Measures one piece of work of a block. @param {Side} side @param {number} per @returns {Promise<Cost>} */
async function measured(side, per) {
  const board = boardMs(side.pid);
  const host = process.cpuUsage();
  const began = performance.now();
  await side.work();
  const ms = performance.now() - began;
  const { user, system } = process.cpuUsage(host);
  return {
    ms: ms / per,
    host: (user + system) / 1000 / per,
    board: (boardMs(side.pid) - board) / per,
  };
}

/** @template T @param {(tree: string, name: string) => Promise<T>} make @returns {Promise<{ old: T, new: T }>} */
async function both(make) {
  return { old: await make(trees.old, 'older'), new: await make(trees.new, 'newer') };
}

/** @param {string} tree @param {import('esbuild').BuildOptions} what */
async function bundle(tree, what) {
  const outfile = join(dir, `${randomBytes(4).toString('hex')}.cjs`);
  await esbuild.build({ ...forNode, absWorkingDir: tree, ...what, outfile });
  return (await import(pathToFileURL(outfile).href)).default;
}

/** The process of a board. @param {string} name */
function pidOf(name) {
  const found = readdirSync('/proc').find((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    const file = `/proc/${pid}/cmdline`;
    const parts = existsSync(file) ? readFileSync(file, 'utf8').split('\0') : [];
    return parts.includes('--tty') && parts[parts.indexOf('--name') + 1] === name;
  });
  if (!found) throw new Error(`no process of ${name}`);
  return Number(found);
}

/** Milliseconds of CPU time that a process has used. @param {number} pid */
function boardMs(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

/** @param {number[]} values */
function median(values) {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? NaN;
}
