// @ts-check
// Packs the command line as a package for npm: mpyfleet-VERSION.tgz. It has no dependencies; the serial port's native binding
// is in it for every system, so `npm install -g` of the file needs no network and no compiler.
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import esbuild from 'esbuild';
import { root } from '../test/lab/paths.mjs';
import { buildAgent, buildApps } from './buildAgent.mjs';
import { forNode, inPieces } from './programs.mjs';

/** Files that the program loads while it runs, by their paths in the package. */
const FILES = {
  'dist/node-sqlite3-wasm.wasm': 'node-sqlite3-wasm/dist/node-sqlite3-wasm.wasm',
  'dist/mpy-cross.wasm': '@pybricks/mpy-cross-v6/build/mpy-cross-v6.wasm',
  'dist/micropython.mjs': '@micropython/micropython-webassembly-pyscript/micropython.mjs',
  'dist/micropython.wasm': '@micropython/micropython-webassembly-pyscript/micropython.wasm',
  prebuilds: '@serialport/bindings-cpp/prebuilds',
};

const README = `# mpyfleet

The command line of [MicroPython Fleet](REPOSITORY): works on MicroPython boards by USB serial, WebREPL and MQTT, on one or
on many at once. No Python is needed.

    mpyfleet list
    mpyfleet put main.py : + reset + repl
    mpyfleet -b 'rack[1-4]' exec 'print(1)'

\`mpyfleet --help\` lists everything, \`mpyfleet completion --help\` says how Tab completes it.
`;

/** Makes the package in `folder`. @param {string} folder @returns {Promise<string>} the package's path */
export async function packCli(folder) {
  const place = await mkdtemp(join(tmpdir(), 'mpyfleet-npm-'));
  try {
    return await packFrom(place, resolve(folder));
  } finally {
    await rm(place, { recursive: true, force: true });
  }
}

/** @param {string} place folder in which its files are gathered @param {string} folder */
async function packFrom(place, folder) {
  const manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  const dist = join(place, 'dist');
  await mkdir(dist, { recursive: true });
  await esbuild.build(
    inPieces({ entries: { cli: 'src/cli/main.ts' }, outdir: dist, production: true }),
  );
  await esbuild.build({
    ...forNode,
    minify: true,
    entryPoints: {
      demoWorker: 'src/transports/demo/worker.ts',
      mpyCross: 'src/core/packages/mpyCrossWorker.ts',
      store: 'src/core/store/storeWorker.ts',
      storePg: 'src/core/store/pgWorker.ts',
    },
    outdir: dist,
  });
  for (const [to, from] of Object.entries(FILES)) {
    await cp(join(root, 'node_modules', from), join(place, to), { recursive: true });
  }
  await buildApps(join(dist, 'fleet'));
  await buildAgent(join(dist, 'agent'));
  await cp(join(root, 'LICENSE'), join(place, 'LICENSE'));
  await writeFile(join(place, 'README.md'), README.replace('REPOSITORY', manifest.repository.url));
  const { version, license, repository, keywords, engines } = manifest;
  const own = {
    name: 'mpyfleet',
    version,
    description: 'Work on MicroPython boards from a shell: one on a cable, or many on any link',
    license,
    repository,
    keywords,
    engines: { node: engines.node },
    bin: { mpyfleet: 'dist/cli.js' },
    files: ['dist', 'prebuilds'],
  };
  await writeFile(join(place, 'package.json'), `${JSON.stringify(own, null, 2)}\n`);
  await promisify(execFile)('npm', ['pack', '--silent', '--pack-destination', folder], {
    cwd: place,
  });
  return join(folder, `mpyfleet-${version}.tgz`);
}
