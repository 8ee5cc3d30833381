// Compiles the board's agent (board/agent) to dist/agent/copy/*.mpy, next to the shim, which stays source.
// The modules that stay in the board's memory are joined into main.mpy, because each would have tables of its own.
// `node scripts/buildAgent.mjs [DIR]`; the build calls it too. `--freeze DIR`: the package to freeze into a firmware, as
// `mpyfleet agent freeze` writes it.
import { copyFile, mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compile } from '@pybricks/mpy-cross-v6';
import { renamed } from './agentNames.mjs';

const here = fileURLToPath(new URL('..', import.meta.url));
const folder = join(here, 'board/agent');

/** The modules that stay in memory and are joined, in the order in which they need each other: those of _STAY in util.py. */
const STAY = residentModules();
const ANY = STAY.join('|');
const FROM_STAY = new RegExp(`^from \\.(?:${ANY}) import`, 'gm');
/** Other forms of importing one of these modules. They would not find the joined module. */
const ASTRAY = new RegExp(
  `from \\.(?!main\\b)(?:${ANY})\\b|from \\. import .*\\b(?:${ANY})\\b|load\\("(?:${ANY})"`,
);

/** Omits line numbers, which would take about a tenth of the memory; tracebacks still name file and function. */
const OPTIONS = ['-O3'];

function residentModules() {
  const util = readFileSync(join(folder, 'copy/util.py'), 'utf8');
  const [, list = ''] = /^_STAY = \((.*)\)$/m.exec(util) ?? [];
  const names = [...list.matchAll(/"(\w+)"/g)].map(([, name = '']) => name);
  if (names.at(-2) !== 'main')
    throw new Error('board/agent/copy/util.py: no list of modules, _STAY');
  return names.filter((name) => name !== 'tasks');
}

/** Joins the sources of the modules that stay; `agentNames.py` checks that no two define one name. @param {string[]} sources in the order of STAY */
function joined(sources) {
  const line = new RegExp(`${FROM_STAY.source} .*\\n`, 'gm');
  return sources.map((source) => source.replace(line, '')).join('\n');
}

/**
 * Returns the sources of the agent's modules by name; those that stay are joined. `mqtt` imports the client from its new
 * place, for programs that use it (README.md).
 * @returns {Promise<Map<string, string>>}
 */
async function agentSources() {
  const source = (/** @type {string} */ name) =>
    readFile(join(folder, 'copy', `${name}.py`), 'utf8');
  const all = (await readdir(join(folder, 'copy'))).filter((f) => f.endsWith('.py'));
  const others = all.map((f) => f.slice(0, -3)).filter((name) => !STAY.includes(name));
  const sources = new Map([
    ['main', joined(await Promise.all(STAY.map(source)))],
    ['mqtt', 'from .main import Client\n'],
  ]);
  for (const name of others) {
    sources.set(name, (await source(name)).replace(FROM_STAY, 'from .main import'));
  }
  for (const [name, text] of sources) {
    const astray = ASTRAY.exec(text);
    if (astray)
      throw new Error(`board/agent/copy/${name}.py: the build cannot follow ${astray[0]}`);
  }
  return sources;
}

/** Returns the same modules, compiled, by file name. @returns {Promise<Map<string, Uint8Array>>} */
export async function agentModules() {
  /** @type {Map<string, Uint8Array>} */
  const modules = new Map();
  for (const [name, text] of await agentSources()) {
    modules.set(`${name}.mpy`, await compileMpy(`${name}.py`, text));
  }
  return modules;
}

/**
 * Compiles one Python source of the agent to .mpy version 6 (MicroPython 1.19 and later), without native code.
 * @param {string} name of its file; tracebacks show it without the extension, because a name that the board has already takes
 * no memory
 * @param {string} source
 * @returns {Promise<Uint8Array>}
 */
async function compileMpy(name, source) {
  return renamed(await compilePlain(name, source));
}

/** Compiles a source without renaming anything. @param {string} name @param {string} source @returns {Promise<Uint8Array>} */
async function compilePlain(name, source) {
  const wasm = createRequire(import.meta.url).resolve(
    '@pybricks/mpy-cross-v6/build/mpy-cross-v6.wasm',
  );
  // The compiler's loader takes Node's fetch for a browser's and fails on a path; without fetch it reads the file.
  const { fetch } = globalThis;
  const events = ['uncaughtException', 'unhandledRejection'];
  const before = events.map((e) => process.listeners(e));
  delete globalThis.fetch;
  const options = [...OPTIONS, '-s', name.replace(/\.py$/, '')];
  const { status, mpy, err } = await compile(name, source, options, wasm).finally(
    () => (globalThis.fetch = fetch),
  );
  // It also leaves listeners behind that would end this process when other code fails.
  events.forEach((e, i) => {
    for (const f of process.listeners(e)) if (!before[i]?.includes(f)) process.off(e, f);
  });
  if (status !== 0 || !mpy) throw new Error(`${name} does not compile: ${err.join('\n')}`);
  return mpy;
}

/**
 * Returns the supervisor of apps (board/app/fleet), compiled, by file name. It is not renamed, because apps use its names.
 * @returns {Promise<Map<string, Uint8Array>>}
 */
export async function appModules() {
  const from = join(here, 'board/app/fleet');
  /** @type {Map<string, Uint8Array>} */
  const modules = new Map();
  for (const file of (await readdir(from)).filter((f) => f.endsWith('.py')).sort()) {
    const source = await readFile(join(from, file), 'utf8');
    modules.set(file.replace(/py$/, 'mpy'), await compilePlain(file, source));
  }
  return modules;
}

/** Writes the compiled supervisor of apps into `out`. @param {string} out */
export async function buildApps(out) {
  await mkdir(out, { recursive: true });
  for (const [name, mpy] of await appModules()) await writeFile(join(out, name), mpy);
}

/** Writes the compiled agent into `out`. @param {string} out */
export async function buildAgent(out) {
  await mkdir(join(out, 'copy'), { recursive: true });
  await copyFile(join(folder, 'shim.py'), join(out, 'shim.py'));
  await buildFrozen(join(out, 'frozen'));
  for (const [name, mpy] of await agentModules()) await writeFile(join(out, 'copy', name), mpy);
}

/** Writes the manifest, and the package that it freezes into a firmware, into `out`. @param {string} out */
export async function buildFrozen(out) {
  const modules = join(out, 'modules', 'mpyfleet_f');
  await mkdir(modules, { recursive: true });
  await copyFile(join(folder, 'manifest.py'), join(out, 'manifest.py'));
  // The installer reads the package's version without loading the agent.
  const agent = await readFile(join(folder, 'copy', 'agent.py'), 'utf8');
  const version = /^VERSION = "[\w.]+"$/m.exec(agent)?.[0] ?? '';
  await writeFile(join(modules, '__init__.py'), `${version}\n`);
  for (const [name, text] of await agentSources())
    await writeFile(join(modules, `${name}.py`), text);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [first, second] = process.argv.slice(2);
  if (first === '--freeze') await buildFrozen(second ?? join(here, 'dist/frozen'));
  else await buildAgent(first ?? join(here, 'dist/agent'));
}
