// @ts-check
// node bench/links.mjs [BOARDS] [SECONDS]: real boards with the agent run an app that sends a message a second, and `mpyfleet
// watch`, as it is shipped, stores them on a real PostgreSQL server. Meanwhile 30 % of the boards lose their links at random times,
// and the broker and the database are killed and started again, twice each. Fails if a message is out of order, or is missing
// although no board has counted it as dropped. Default: 100 boards, 600 s. `--keep` writes the figures into docs/performance.md.
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { availableParallelism, loadavg } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { agentModules } from '../scripts/buildAgent.mjs';
import { packCli } from '../scripts/npmPackage.mjs';
import {
  pollUntil,
  root,
  run,
  startMosquitto,
  startPostgres,
  tempDir,
} from '../test/lab/index.mjs';
import { startUboard } from '../test/lab/uboard.mjs';
import { keep } from './page.mjs';
import { startRelay } from './relay.mjs';

const given = process.argv.slice(2).filter((arg) => arg !== '--keep');
const [count = 100, seconds = 600] = given.map(Number);
/** Share of the boards that lose their link. */
const LOSING = 0.3;
/** Times that each of them loses it, and the longest that it stays away, in milliseconds. */
const CUTS = 2;
const AWAY_MS = 15_000;
/** Boards that start at the same time. */
const AT_ONCE = 5;
/** Time limit, in milliseconds, for storing the messages that were sent before the end. */
const DRAIN_MS = 120_000;
const ADMIN_KEY = 'a1'.repeat(32);
const APP = `import asyncio, fleet

async def main():
    n = 0
    while True:
        n += 1
        fleet.send({"n": n})
        await asyncio.sleep(fleet.interval("worker"))
`;

const dir = tempDir('bench-links');
const tgz = await packCli(dir);
await run(['tar', 'xzf', tgz, '-C', dir]);
const program = join(dir, 'package/dist/cli.js');
const broker = await startMosquitto({ config: ['max_queued_messages 0', 'set_tcp_nodelay true'] });
const relay = await startRelay(broker.port);
const database = await startPostgres();
const env = {
  ...{
    PATH: process.env.PATH ?? '',
    XDG_STATE_HOME: dir,
    XDG_CONFIG_HOME: dir,
    XDG_CACHE_HOME: dir,
  },
  ...{ MPYFLEET_CONFIG: 'fleet.json', MPYFLEET_KEYS: 'keys.json', MPYFLEET_STORE: database.url },
};
/** @type {import('../test/lab/uboard.mjs').Uboard[]} */
const boards = [];
const names = Array.from({ length: count }, (_, i) => `b${String(i + 1).padStart(4, '0')}`);
const uids = names.map((name) => Buffer.from(name).toString('hex'));
try {
  const lines = await main();
  if (process.argv.includes('--keep')) keep('links', lines.map((line) => `- ${line}`).join('\n'));
} finally {
  await Promise.all(boards.map((board) => board.stop()));
  relay.stop();
  await broker.stop();
  await database.stop();
}

async function main() {
  write('fleet.json', { brokers: { office: broker.url }, boards: boardsOf() });
  write('keys.json', { '*': ADMIN_KEY });
  mkdirSync(join(dir, 'count'));
  write('count/app.json', { name: 'count', version: '1', worker: 1, trial: 1, keep: 8192 });
  writeFileSync(join(dir, 'count/main.py'), APP);
  await startBoards();
  const watch = startWatch();
  await watch.until(/Watching office/);
  if (!(await pollUntil(async () => (await stored()).boards === count, 60_000)))
    throw new Error(`only ${(await stored()).boards} of ${count} boards send`);
  const [before, began] = [await stored(), Date.now()];
  const cpu = watch.cpuSeconds();
  console.log(`${count} boards send; ${seconds} s, load ${loadavg()[0]?.toFixed(1)}`);
  await disturb(watch);
  const ended = Date.now();
  const after = await stored();
  const used = ((watch.cpuSeconds() - cpu) / ((ended - began) / 1_000)) * 100;
  const drained = await pollUntil(async () => (await stored(ended)).boards === count, DRAIN_MS);
  const drain = (Date.now() - ended) / 1_000;
  if (!drained) throw new Error(`after ${DRAIN_MS / 1_000} s boards are still behind`);
  const memory = watch.memory();
  await watch.stop();
  const result = await check();
  const rate = (after.rows - before.rows) / ((ended - began) / 1_000);
  const lines = [
    `${count} boards, ${seconds} s, ${availableParallelism()} cores (load ${loadavg()[0]?.toFixed(1)}): ${result.rows} messages stored, each once and in order; ${rate.toFixed(1)} a second`,
    `${relay.lost()} links were lost (${Math.ceil(count * LOSING)} boards, ${CUTS} times each, up to ${AWAY_MS / 1_000} s); broker and database were killed twice each`,
    `${result.dropped} messages were dropped by boards whose room was full; ${result.missing} are missing`,
    `the last message from before the end was stored ${drain.toFixed(1)} s after it`,
    `mpyfleet watch: ${used.toFixed(0)} % of a core, ${memory.join(', ')} MB at each quarter`,
  ];
  console.log(lines.join('\n'));
  return lines;
}

/** Cuts links at random times and restarts the servers, until the time is over. @param {ReturnType<typeof startWatch>} watch */
async function disturb(watch) {
  const ms = seconds * 1_000;
  const losing = [...uids].sort(() => Math.random() - 0.5).slice(0, Math.ceil(count * LOSING));
  /** @type {[number, () => unknown][]} */
  const plan = [];
  for (const uid of losing) {
    for (let i = 0; i < CUTS; i++) {
      const away = 1_000 + Math.random() * (AWAY_MS - 1_000);
      plan.push([Math.random() * ms * 0.9, () => relay.cut(uid, away)]);
    }
  }
  for (const share of [0.25, 0.65]) plan.push([ms * share, () => broker.restart()]);
  for (const share of [0.4, 0.8]) plan.push([ms * share, () => database.restart()]);
  for (const share of [0.25, 0.5, 0.75, 1]) plan.push([ms * share, () => watch.measure()]);
  plan.sort(([a], [b]) => a - b);
  const began = performance.now();
  for (const [at, act] of plan) {
    await sleep(Math.max(0, began + at - performance.now()));
    await act();
  }
}

/** Boards and messages in the database. @param {number} [since] only messages of this time (ms since 1970) and later */
async function stored(since = 0) {
  const client = new pg.Client({ connectionString: database.url });
  client.on('error', () => undefined); // the server is killed while this waits; the query says so
  try {
    await client.connect();
    const sql =
      'SELECT count(*) AS rows, count(DISTINCT board) AS boards FROM app_messages WHERE at >= $1';
    const { rows } = await client.query(sql, [since]);
    return { rows: Number(rows[0].rows), boards: Number(rows[0].boards) };
  } catch (error) {
    // The first watcher makes the tables.
    if (/** @type {{ code?: string }} */ (error).code !== '42P01') throw error;
    return { rows: 0, boards: 0 };
  } finally {
    await client.end();
  }
}

/** Reads everything as a user does, and counts. @throws Error when a message is missing that was not dropped, or out of order */
async function check() {
  const out = await run([process.execPath, program, 'messages', 'get', '--json'], {
    cwd: dir,
    env,
  });
  /** @type {{ uid: string, boot: string, data: { n: number } }[]} */
  const rows = JSON.parse(out);
  const dropped = await droppedByBoard();
  let missing = 0;
  for (const uid of uids) {
    const own = rows.filter((row) => row.uid === uid);
    const boots = new Set(own.map((row) => row.boot)).size;
    if (boots !== 1) throw new Error(`${uid} has restarted: ${boots} starts`);
    const numbers = own.map((row) => row.data.n);
    const wrong = numbers.findIndex((n, i) => i > 0 && n <= (numbers[i - 1] ?? 0));
    if (wrong >= 0) throw new Error(`${uid}: ${numbers.slice(wrong - 3, wrong + 3).join()}`);
    const gone = (numbers.at(-1) ?? 0) - numbers.length;
    const counted = dropped.get(uid) ?? 0;
    if (gone > counted) throw new Error(`${uid}: ${gone} are missing, ${counted} were dropped`);
    missing += gone;
  }
  const sum = [...dropped.values()].reduce((a, b) => a + b, 0);
  return { rows: rows.length, missing, dropped: sum };
}

/** @returns {Promise<Map<string, number>>} messages that the boards had no room for, by uid */
async function droppedByBoard() {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  const sql = 'SELECT uid, dropped FROM app_sources JOIN boards ON boards.id = app_sources.board';
  const { rows } = await client.query(sql);
  await client.end();
  return new Map(rows.map(({ uid, dropped }) => [uid, Number(dropped)]));
}

/** One board is set up and gets the app; the others start from copies of its flash. */
async function startBoards() {
  const size = { heap: 1024, sizeKib: 1024 };
  const [name = ''] = names;
  const first = await startUboard({ ...size, name, files: await agentFiles() });
  const cli = [process.execPath, program, '-b', name, '--timeout', '60'];
  await pollUntil(
    async () => (await run([...cli, 'ping'], { cwd: dir, env }).catch(() => '')) !== '',
    60_000,
  );
  await run([...cli, 'app', 'deploy', 'count'], { cwd: dir, env });
  const isConfirmed = async () => {
    const { '/fleet/run.json': note } = await first.files();
    return note !== undefined && JSON.parse(note.toString()).trial === 0;
  };
  if (!(await pollUntil(isConfirmed, 60_000))) throw new Error('the app was not confirmed');
  await first.kill();
  const image = join(dir, 'flash.img');
  copyFileSync(first.flash, image);
  await first.stop();
  for (let i = 0; i < count; i += AT_ONCE) {
    const some = names.slice(i, i + AT_ONCE).map((one) => {
      const flash = join(dir, `${one}.img`);
      copyFileSync(image, flash);
      return startUboard({ ...size, name: one, flash });
    });
    boards.push(...(await Promise.all(some)));
  }
}

/** @returns {Promise<Record<string, string | Uint8Array>>} */
async function agentFiles() {
  const at = { host: '127.0.0.1', port: relay.port };
  const config = { name: 'bench', broker: at, mode: 'signed', keys: { admin: ADMIN_KEY }, tm: 0 };
  /** @type {Record<string, string | Uint8Array>} */
  const files = {
    '/mpyfleet/__init__.py': readFileSync(join(root, 'board/agent/shim.py')),
    '/mpyfleet/config.json': JSON.stringify(config),
    '/main.py': 'import mpyfleet\nmpyfleet.start()\n',
  };
  for (const [name, mpy] of await agentModules()) files[`/mpyfleet/a/${name}`] = mpy;
  return files;
}

/** `mpyfleet watch`, and its use of memory and processor. */
function startWatch() {
  const child = spawn(process.execPath, [program, 'watch'], { cwd: dir, env });
  let said = '';
  /** @type {number[]} */
  const memory = [];
  const ended = new Promise((resolve) => child.once('close', resolve));
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (said += text));
  const proc = (/** @type {string} */ file) => readFileSync(`/proc/${child.pid}/${file}`, 'utf8');
  return {
    until: async (/** @type {RegExp} */ pattern) => {
      if (await pollUntil(async () => pattern.test(said), 30_000)) return;
      throw new Error(`mpyfleet watch said ${said}`);
    },
    measure: () => {
      const [, kilobytes = 0] = /VmRSS:\s+(\d+)/.exec(proc('status')) ?? [];
      memory.push(Math.round(Number(kilobytes) / 1_024));
    },
    memory: () => memory,
    /** Time on a core since its start. Linux counts in hundredths of a second. */
    cpuSeconds: () => {
      const fields = proc('stat').split(') ')[1]?.split(' ') ?? [];
      return (Number(fields[11]) + Number(fields[12])) / 100;
    },
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

function boardsOf() {
  return Object.fromEntries(names.map((name, i) => [name, `mqtt://office/${uids[i]}`]));
}

function write(/** @type {string} */ file, /** @type {unknown} */ content) {
  writeFileSync(join(dir, file), JSON.stringify(content), { mode: 0o600 });
}
