// @ts-check
// Measures round trips and times within one open connection, which the start of a whole process would hide.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import esbuild from 'esbuild';
import { forNode } from '../scripts/programs.mjs';
import { RawRepl, root } from '../test/lab/index.mjs';

const REPEAT = 41;

/**
 * @param {import('./bench.mjs').Bench} bench @param {number} count files to compare
 * @param {Buffer} source content for them
 */
export async function measureSessions(bench, count, source) {
  const items = unchangedItems(count, source);
  const { measure } = await driver(bench.dir);
  const found = await measure(bench.cable.tty, items, REPEAT);
  const bare = await bareExec(bench.cable.tty);
  return {
    count,
    bytes: items.reduce((sum, { content }) => sum + content.length, 0),
    ...found,
    execRatio: found.exec / bare,
  };
}

/** Files of 0.5 to 4.5 kB in /same. @param {number} count @param {Buffer} source */
export function unchangedItems(count, source) {
  return Array.from({ length: count }, (_, i) => ({
    path: `/same/m${i}.py`,
    content: source.subarray(i * 2400, i * 2400 + 500 + ((i * 397) % 4000)),
  }));
}

/** A tree's own core, bundled as the extension has it. @param {string} dir @param {string} tree */
export async function driver(dir, tree = root) {
  const outfile = join(dir, 'driver.cjs');
  const { resolve } = createRequire(import.meta.url);
  await esbuild.build({
    ...forNode,
    absWorkingDir: tree,
    entryPoints: ['bench/driver.ts'],
    outfile,
    plugins: [
      ...(forNode.plugins ?? []),
      {
        // In a bundle it would look for its binding next to the bundle, so the package itself is loaded.
        name: 'serialport outside',
        setup: (build) =>
          build.onResolve({ filter: /^serialport(\/|$)/ }, ({ path }) => ({
            path: resolve(path),
            external: true,
          })),
      },
    ],
  });
  return await import(pathToFileURL(outfile).href);
}

/** Seconds of `pass` by the bare raw-paste protocol: the median. @param {string} tty */
async function bareExec(tty) {
  const repl = new RawRepl(tty);
  await repl.enter();
  const times = [];
  for (let i = 0; i < REPEAT; i++) {
    const began = performance.now();
    repl.write('\x05A\x01');
    await repl.until('R\x01');
    await repl.until('\x00\x01'); // the end of the window's size, and the first credit
    repl.write('pass\x04');
    await repl.until('\x04\x04\x04>');
    times.push((performance.now() - began) / 1000);
  }
  repl.write('\x02');
  repl.close();
  return times.sort((a, b) => a - b)[REPEAT >> 1] ?? NaN;
}
