// Compiles the board's agent (board/agent) to .mpy: dist/agent/copy/*.mpy, beside the shim, which stays source.
// `node scripts/buildAgent.mjs [DIR]`; the build calls it too.
import { copyFile, mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compile } from '@pybricks/mpy-cross-v6';

const here = fileURLToPath(new URL('..', import.meta.url));

/** Without line numbers: they would take about a tenth of the memory; tracebacks still name file and function. */
const OPTIONS = ['-O3'];

/**
 * One Python source as .mpy, version 6 (MicroPython 1.19 and later), without native code.
 * @param {string} name of its file; tracebacks show it without the end, since a name that the board knows already takes no memory
 * @param {string} source
 * @returns {Promise<Uint8Array>}
 */
export async function compileMpy(name, source) {
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
  // It also leaves listeners behind that would end this process at somebody else's error.
  events.forEach((e, i) => {
    for (const f of process.listeners(e)) if (!before[i]?.includes(f)) process.off(e, f);
  });
  if (status !== 0 || !mpy) throw new Error(`${name} does not compile: ${err.join('\n')}`);
  return mpy;
}

/** Writes the compiled agent into `out`. @param {string} out */
export async function buildAgent(out) {
  const from = join(here, 'board/agent');
  await mkdir(join(out, 'copy'), { recursive: true });
  await copyFile(join(from, 'shim.py'), join(out, 'shim.py'));
  for (const name of (await readdir(join(from, 'copy'))).filter((f) => f.endsWith('.py'))) {
    const source = await readFile(join(from, 'copy', name), 'utf8');
    const path = join(out, 'copy', name.replace(/\.py$/, '.mpy'));
    await writeFile(path, await compileMpy(name, source));
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await buildAgent(process.argv[2] ?? join(here, 'dist/agent'));
}
