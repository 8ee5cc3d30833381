// @ts-check
// node bench/manyFiles.mjs [COUNT]: `mpyfleet`, as it is built, and a board with a heap of 40 kB that holds COUNT (5000) real
// files: list, sync with nothing to do, sync with one change, mirror of a folder without half of them, and delete. Fails when
// a step fails or leaves other files on the board than it should. Prints the seconds of each.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, run, startUboard, tempDir } from '../test/lab/index.mjs';

const [count = 5000] = process.argv.slice(2).map(Number);
/** Heap in kB: what a board with an ESP8266's memory has left. */
const HEAP = 40;
const dir = tempDir('bench-many');
const folder = join(dir, 'logs');
mkdirSync(folder);
const nameOf = (/** @type {number} */ i) => `log${String(i).padStart(5, '0')}.csv`;
for (let i = 0; i < count; i++) writeFileSync(join(folder, nameOf(i)), `${i}\n`);

await run([process.execPath, join(root, 'esbuild.mjs'), '--production'], { cwd: root });
const board = await startUboard({ heap: HEAP, sizeKib: 65_536 });
try {
  // The board writes them itself, because uploading 5000 files is not measured here.
  const make = `import os\nos.mkdir('/logs')\nfor i in range(${count}):\n with open('/logs/log%05d.csv' % i, 'w') as f: f.write('%d\\n' % i)\n if i % 50 == 0: print(i)`;
  await step('make', 'exec', make);
  const free = await step('heap', 'exec', 'import gc\ngc.collect()\nprint(gc.mem_free())');
  console.log(`${count} files, ${free.trim()} bytes of heap free`);
  expect((await step('list', 'ls', ':/logs')).trim().split('\n').length, count);
  await same();
  await says('sync, nothing to do', /up to date/, 'sync', folder, ':/logs');
  writeFileSync(join(folder, nameOf(7)), 'changed\n');
  await says('sync, one change', /1 updated/, 'sync', folder, ':/logs');
  await same();
  for (let i = 0; i < count; i += 2) rmSync(join(folder, nameOf(i)));
  await says('mirror, half of them', /deleted/, 'sync', '--mirror', folder, ':/logs');
  await same();
  await step('delete', 'rm', '-r', ':/logs');
  expect((await step('list', 'ls', ':/')).trim(), '');
} finally {
  await board.stop();
}

/** Fails unless the board has exactly the files of the folder, by the board's own flash. */
async function same() {
  const there = await board.files();
  const names = readdirSync(folder);
  expect(Object.keys(there).length, names.length);
  for (const name of names) {
    expect(there[`/logs/${name}`]?.toString(), readFileSync(join(folder, name), 'utf8'));
  }
}

/** Runs one command and prints its seconds. @param {string} name @param {...string} args */
async function step(name, ...args) {
  const env = { ...process.env, HOME: dir, XDG_CONFIG_HOME: dir, XDG_STATE_HOME: dir };
  const program = join(root, 'dist', 'cli.js');
  const began = performance.now();
  const said = await run([process.execPath, program, '-b', `serial:${board.tty}`, ...args], {
    env,
  });
  console.log(`${name}: ${((performance.now() - began) / 1000).toFixed(1)} s`);
  return said;
}

/** @param {string} name @param {RegExp} pattern @param {...string} args */
async function says(name, pattern, ...args) {
  const said = await step(name, ...args);
  const last = said.trim().split('\n').at(-1) ?? '';
  console.log(`  ${last}`);
  if (!pattern.test(said)) throw new Error(`${name}: ${said.slice(-500)}`);
}

/** @param {unknown} found @param {unknown} wanted */
function expect(found, wanted) {
  if (found !== wanted) throw new Error(`${String(found)}, expected ${String(wanted)}`);
}
