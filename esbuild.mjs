// Bundles the extension, the command line and the webviews' scripts into dist/.
import { cp, mkdir, readdir, rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import esbuild from 'esbuild';
import { buildAgent, buildApps } from './scripts/buildAgent.mjs';
import { pastDoorsInBundles } from './scripts/doors.mjs';
import { forNode, inPieces } from './scripts/programs.mjs';

const production = process.argv.includes('--production');
const watch = process.argv.includes('--watch');

const look = { minify: production, sourcemap: production ? false : 'linked' };

const webviews = existsSync('media/src')
  ? (await readdir('media/src')).filter((f) => /^[a-z]\w*\.ts$/.test(f) && !f.endsWith('.d.ts'))
  : [];

const builds = [
  inPieces({
    entries: { extension: 'src/extension.ts', cli: 'src/cli/main.ts' },
    outdir: 'dist',
    production,
  }),
  {
    ...forNode,
    ...look,
    entryPoints: {
      demoWorker: 'src/transports/demo/worker.ts',
      mpyCross: 'src/core/packages/mpyCrossWorker.ts',
      store: 'src/core/store/storeWorker.ts',
      storePg: 'src/core/store/pgWorker.ts',
    },
    outdir: 'dist',
  },
  ...webviews.map((f) => ({
    ...look,
    bundle: true,
    logLevel: 'warning',
    platform: 'browser',
    target: 'es2022',
    format: 'iife',
    plugins: [pastDoorsInBundles],
    entryPoints: [`media/src/${f}`],
    outdir: 'dist/media',
  })),
];

await rm('dist', { recursive: true, force: true });
await mkdir('dist', { recursive: true });
if (watch) {
  for (const b of builds) await (await esbuild.context(b)).watch();
} else {
  await Promise.all(builds.map((b) => esbuild.build(b)));
}
// serialport looks for its native binding beside the bundle's folder (node-gyp-build: <root>/prebuilds).
await cp('node_modules/@serialport/bindings-cpp/prebuilds', 'prebuilds', { recursive: true });
// The demo board is MicroPython's own WebAssembly build; its loader finds the .wasm beside itself.
for (const file of ['micropython.mjs', 'micropython.wasm']) {
  await cp(`node_modules/@micropython/micropython-webassembly-pyscript/${file}`, `dist/${file}`);
}
// MicroPython's compiler, for packages and for uploads that are compiled.
await cp('node_modules/@pybricks/mpy-cross-v6/build/mpy-cross-v6.wasm', 'dist/mpy-cross.wasm');
// SQLite for the history; its loader finds the .wasm next to the bundle.
await cp(
  'node_modules/node-sqlite3-wasm/dist/node-sqlite3-wasm.wasm',
  'dist/node-sqlite3-wasm.wasm',
);
// What is put on boards: the MQTT agent and the supervisor of apps, compiled.
await buildAgent('dist/agent');
await buildApps('dist/fleet');
