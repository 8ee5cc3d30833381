// @ts-check
// Many real boards with the agent at one real broker, and the command line as it is packaged, for the runs of this folder.
import { spawn } from 'node:child_process';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { agentModules } from '../scripts/buildAgent.mjs';
import { keep } from './page.mjs';
import { root, run, startMosquitto, startUboard, tempDir } from '../test/lab/index.mjs';

/** @typedef {import('../test/lab/uboard.mjs').Uboard} Uboard */
/** @typedef {{ status: number | null, out: string, err: string, seconds: number }} Ran */
/** @typedef {{ board: string, id: string, status: string, error?: { message: string }, value?: Record<string, unknown>, output?: string }} Row */

/** The admin key of all boards of a run. */
export const ADMIN_KEY = 'a1'.repeat(32);
/** Number of boards that start at the same time. If a hundred boot at once, each exceeds its time limit. */
const AT_ONCE = 10;
const SIZE_KIB = 1024;
/** Version that an older agent reports. It has as many characters as the real one. */
export const OLD = '0.0.1';

/**
 * Starts boards whose agent says that it is older: the version is a text in the compiled module. One board is set up, the
 * others start from copies of its flash.
 * @param {object} options
 * @param {number} options.count
 * @param {string} options.prefix of the names, one letter
 * @param {number} options.port of the broker
 * @param {string} options.main main.py
 * @param {Record<string, unknown>} options.config more of config.json
 * @param {Record<string, string>} [options.files]
 * @param {(i: number) => Record<string, string> | undefined} [options.own] files of single boards
 */
export async function startBoards({ count, prefix, port, main, config, files, own }) {
  /** @type {Record<string, string | Uint8Array>} */
  const agent = { '/mpyfleet/__init__.py': readFileSync(join(root, 'board/agent/shim.py')) };
  for (const [name, mpy] of await agentModules()) agent[`/mpyfleet/a/${name}`] = mpy;
  const module = Buffer.from(agent['/mpyfleet/a/main.mpy'] ?? '');
  const version = agentVersion();
  const at = module.indexOf(version, 0, 'latin1');
  if (at < 0 || version.length !== OLD.length) throw new Error('the version is not found');
  module.write(OLD, at, 'latin1');
  const settings = {
    ...{ name: prefix, mode: 'signed', keys: { admin: ADMIN_KEY }, ...config },
    broker: { host: '127.0.0.1', port, backoff: [1, 1] },
  };
  const image = join(tempDir('image'), 'flash.img');
  const first = await startUboard({
    ...{ name: `${prefix}img`, sizeKib: SIZE_KIB, safe: true },
    files: {
      ...{ ...agent, '/mpyfleet/a/main.mpy': module, '/main.py': main, ...files },
      '/mpyfleet/config.json': JSON.stringify(settings),
    },
  });
  await first.kill();
  copyFileSync(first.flash, image);
  await first.stop();
  /** @type {Uboard[]} */
  const boards = [];
  const start = async (/** @type {number} */ i) => {
    const flash = join(tempDir('flash'), 'flash.img');
    copyFileSync(image, flash);
    const name = `${prefix}${String(i).padStart(3, '0')}`;
    const more = own?.(i);
    boards[i] = await startUboard({ name, flash, sizeKib: SIZE_KIB, ...(more && { files: more }) });
  };
  for (let i = 0; i < count; i += AT_ONCE) {
    const some = Array.from({ length: Math.min(AT_ONCE, count - i) }, (_, k) => start(i + k));
    await Promise.all(some);
  }
  return boards;
}

/** The version of the agent that the command line carries. */
export function agentVersion() {
  const text = readFileSync(join(root, 'board/agent/copy/agent.py'), 'utf8');
  return /^VERSION = "([\w.]+)"$/m.exec(text)?.[1] ?? '';
}

/** The address of a board at the broker `office`. @param {Uboard} board */
export const placeOf = (board) => `mqtt://office/${Buffer.from(board.name).toString('hex')}`;

/** A broker, a folder with its fleet.json and the admin's keys, and the command line. */
export async function startOffice() {
  await run([process.execPath, join(root, 'esbuild.mjs'), '--production'], { cwd: root });
  const broker = await startMosquitto({ config: ['set_tcp_nodelay true'] });
  const dir = tempDir('office');
  writeFileSync(join(dir, 'fleet.json'), JSON.stringify({ brokers: { office: broker.url } }));
  writeFileSync(join(dir, 'keys.json'), JSON.stringify({ '*': ADMIN_KEY }), { mode: 0o600 });

  /**
   * Runs mpyfleet to its end.
   * @param {readonly string[]} args
   * @param {{ keys?: string, env?: Record<string, string>, onErr?: (text: string) => void }} [options]
   * @returns {Promise<Ran>}
   */
  function mpyfleet(args, { keys = 'keys.json', env = {}, onErr = () => {} } = {}) {
    return new Promise((resolve, reject) => {
      const began = performance.now();
      const child = spawn(process.execPath, [join(root, 'dist/cli.js'), ...args], {
        cwd: dir,
        env: {
          ...{ PATH: process.env.PATH, XDG_CONFIG_HOME: dir, XDG_STATE_HOME: dir },
          ...{ XDG_CACHE_HOME: dir, MPYFLEET_CONFIG: 'fleet.json', MPYFLEET_KEYS: keys, ...env },
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let [out, err] = ['', ''];
      child.stdout.on('data', (chunk) => (out += chunk));
      child.stderr.on('data', (chunk) => {
        err += chunk;
        onErr(err);
      });
      child.on('error', reject);
      child.on('close', (status) =>
        resolve({ status, out, err, seconds: (performance.now() - began) / 1000 }),
      );
    });
  }
  return { broker, dir, mpyfleet };
}

/** The number of boards that the command line names. @param {number} otherwise */
export function countOf(otherwise) {
  return Number(process.argv.slice(2).find((arg) => /^\d+$/.test(arg)) ?? otherwise);
}

/** Prints lines; `end` puts them under `mark` into docs/performance.md if the command line has --keep. @param {string} mark */
export function startReport(mark) {
  /** @type {string[]} */
  const lines = [];
  return {
    say: (/** @type {string} */ line) => {
      lines.push(line);
      console.log(line);
    },
    end: () => {
      if (process.argv.includes('--keep')) keep(mark, lines.map((line) => `- ${line}`).join('\n'));
    },
  };
}

/** The rows of --json. @param {Ran} ran @returns {Row[]} */
export function rows({ out, err }) {
  try {
    return JSON.parse(out);
  } catch (cause) {
    throw new Error(`no JSON: ${out}${err}`, { cause });
  }
}

/** @param {boolean} holds @param {string} words @param {unknown} [seen] */
export function must(holds, words, seen) {
  if (!holds)
    throw new Error(`not so: ${words}${seen === undefined ? '' : `: ${JSON.stringify(seen)}`}`);
}

/** Longest wait, in milliseconds, for boards that were switched on. */
const COME_MS = 180_000;

/**
 * Asks for the versions of the agents until every board has one, and so is at its broker.
 * @param {() => Promise<unknown[]>} versions
 */
export async function untilThere(versions) {
  const until = performance.now() + COME_MS;
  for (;;) {
    const missing = (await versions()).filter((version) => typeof version !== 'string').length;
    if (missing === 0) return;
    must(performance.now() < until, 'all boards are at the broker', missing);
  }
}
