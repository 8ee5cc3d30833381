// @ts-check
// npm run bench [-- --quick] [-- kinds sizes counts sessions]: mpyfleet (built as it is packaged) and Debian's mpremote as whole processes, on the same MicroPython, behind the same line of
// 115200 baud, with the same files, one after the other. Every file is compared after it was moved.
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import { join } from 'node:path';
import { ensure, root, run, tempDir } from '../test/lab/index.mjs';
import { Bench, LINE } from './bench.mjs';
import { keep } from './page.mjs';
import { pythonSource } from './source.mjs';
import { measureSessions } from './sessions.mjs';

const TABLES = { kinds, sizes: bySize, counts: byCount, sessions };
const quick = process.argv.includes('--quick');
const chosen = process.argv.slice(2).filter((arg) => arg !== '--quick');
const unknown = chosen.filter((name) => !Object.hasOwn(TABLES, name));
if (unknown.length > 0)
  throw new Error(`no table ${unknown.join(', ')}: ${Object.keys(TABLES).join(', ')}`);
const size = quick ? 20_000 : 200_000;
const sizes = quick ? [1_000, 10_000] : [1_000, 10_000, 100_000, 1_000_000];
const counts = quick ? [1, 10] : [1, 10, 100, 500];

await run([process.execPath, join(root, 'esbuild.mjs'), '--production'], { cwd: root });
const dir = tempDir('bench');
const bench = await Bench.start(dir);
/** @type {string[]} */
const lines = [];
const say = (/** @type {string} */ line = '') => {
  lines.push(line);
  console.log(line);
};
try {
  await main();
} finally {
  await bench.stop();
}
if (!quick && chosen.length === 0) keep('bench', lines.join('\n'));

async function main() {
  const { program = '', version: debian = '' } = await ensure('mpremote');
  const version = `${(await run([program, '--version'])).trim()} (Debian ${readFileSync(debian, 'utf8').trim()})`;
  say(
    `mpyfleet ${manifestVersion()} and ${version}, whole processes, on the lab's MicroPython (uboard, 260-byte receive`,
  );
  say(
    `ring that loses bytes when full) behind a line of 115200 baud = ${LINE} bytes/s each way, in one run on ${availableParallelism()} cores`,
  );
  say(
    `(load ${loadavg()[0]?.toFixed(1)}). "line" is the share of the line rate that the file's bytes moved at.`,
  );
  say();
  for (const [name, table] of Object.entries(TABLES)) {
    if (chosen.length === 0 || chosen.includes(name)) await table();
  }
}

async function kinds() {
  heading(['work', 'mpyfleet', 'line', 'mpremote', 'line', 'ratio']);
  const files = { 'random file': randomBytes(size), 'Python source': await pythonSource(size) };
  for (const [name, content] of Object.entries(files)) {
    const path = join(dir, 'content');
    writeFileSync(path, content);
    row(`${kb(size)} ${name} up`, size, await bench.up(path, content));
    row(`${kb(size)} ${name} down`, size, await bench.down(path, content));
  }
  say();
}

async function bySize() {
  heading(['random file up', 'mpyfleet', 'line', 'mpremote', 'line', 'ratio']);
  for (const bytes of sizes) {
    const path = join(dir, `size${bytes}`);
    const content = randomBytes(bytes);
    writeFileSync(path, content);
    row(kb(bytes), bytes, await bench.up(path, content));
  }
  say();
}

async function byCount() {
  heading(['folder of 1 kB Python files up', 'mpyfleet', 'line', 'mpremote', 'line', 'ratio']);
  const source = await pythonSource(500_000);
  for (const count of counts) {
    const folder = join(dir, `count${count}`);
    mkdirSync(folder);
    for (let i = 0; i < count; i++) {
      writeFileSync(join(folder, `m${i}.py`), source.subarray(i * 1000, i * 1000 + 1000));
    }
    row(`${count} file${count > 1 ? 's' : ''}`, count * 1000, await bench.folder(folder, count));
  }
  say();
}

async function sessions() {
  const found = await measureSessions(bench, quick ? 20 : 200, await pythonSource(500_000));
  heading(['within a connection', 'measured', 'goal']);
  say(
    `| comparing ${found.count} unchanged files (${kb(found.bytes)}): round trips | ${found.roundTrips} | 3 |`,
  );
  say(
    `| the same: seconds (the board's own hashing: ${found.hashing.toFixed(2)} s) | ${found.seconds.toFixed(2)} | ${(found.hashing + 1.5).toFixed(2)} |`,
  );
  say(`| \`exec("pass")\` against the bare protocol | ${found.execRatio.toFixed(2)} | 1.30 |`);
  say();
}

/** @param {string[]} names */
function heading(names) {
  say(`| ${names.join(' | ')} |`);
  say(`|${names.map((_, i) => (i === 0 ? '---' : '--:')).join('|')}|`);
}

/** @param {string} name @param {number} bytes @param {{ ours: number, theirs: number }} seconds */
function row(name, bytes, { ours, theirs }) {
  const share = (/** @type {number} */ s) => (bytes / s / LINE).toFixed(2);
  const cells = [`${ours.toFixed(2)} s`, share(ours), `${theirs.toFixed(2)} s`, share(theirs)];
  say(`| ${name} | ${cells.join(' | ')} | ${(theirs / ours).toFixed(1)} |`);
}

/** @param {number} bytes */
function kb(bytes) {
  return bytes >= 1_000_000 ? `${bytes / 1_000_000} MB` : `${Math.round(bytes / 1000)} kB`;
}

function manifestVersion() {
  return JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version;
}
