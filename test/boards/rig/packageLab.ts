import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { silentLog } from '../../../src/core/log';
import { readInfo } from '../../../src/core/board/readInfo';
import type { BoardFiles } from '../../../src/core/boardFiles';
import type { Transport } from '../../../src/core/transport';
import { CachingFetcher } from '../../../src/core/packages/fetcher';
import type { InstalledPackage } from '../../../src/core/packages/fetchPackages';
import { PackageManager, type PackageBoard } from '../../../src/core/packages/manager';
import { nodeHttp } from '../../../src/core/packages/nodeHttp';
import { MpyCrossThread } from '../../../src/core/packages/mpyCrossThread';
import { forNode } from '../../../scripts/programs.mjs';
import { root, tempDir } from '../../lab/paths.mjs';
import { startPackageIndex } from '../../lab/packageIndex.mjs';

let worker: Promise<string> | undefined;

/** The compiler in its thread, bundled as for the extension. */
export async function startMpyCross(): Promise<MpyCrossThread> {
  worker ??= (async () => {
    const outfile = join(tempDir('mpy-cross'), 'mpyCross.cjs');
    await build({ ...forNode, entryPoints: ['src/core/packages/mpyCrossWorker.ts'], outfile });
    return outfile;
  })();
  const wasm = join(root, 'node_modules/@pybricks/mpy-cross-v6/build/mpy-cross-v6.wasm');
  const micropython = join(
    root,
    'node_modules/@micropython/micropython-webassembly-pyscript/micropython.mjs',
  );
  return new MpyCrossThread({ worker: await worker, wasm, micropython });
}

export type Trees = Parameters<typeof startPackageIndex>[0];

/** Packages as in the index: modules, packages with folders, data, and dependencies. */
export const TREES: Trees = {
  shapes: {
    version: '1.1.0',
    description: 'Areas of shapes',
    files: {
      'shapes/__init__.py': 'from .circle import area\nfrom units import UNIT\n',
      'shapes/circle.py': 'from math import pi\ndef area(r):\n    return pi * r * r\n',
      'shapes/data/table.txt': 'r area\n1 3.14\n',
    },
    deps: [['units', 'latest']],
  },
  units: { version: '0.2.0', files: { 'units.py': 'UNIT = "m²"\n' } },
};

/** An index that serves source and compiled files, and a manager that uses it. */
export async function startPackages(trees: Trees = TREES) {
  const folder = tempDir('packages');
  const mpyCross = await startMpyCross();
  const compile = async (name: string, source: string) => {
    const { mpy } = await mpyCross.compile(source, ['-s', name]);
    if (!mpy) throw new Error(`${name} does not compile`);
    return mpy;
  };
  const index = await startPackageIndex(trees, { compile });
  const store = new Map<string, readonly InstalledPackage[]>();
  const manager = new PackageManager({
    sources: () => ({
      index: index.url,
      pypi: index.url,
      fetcher: new CachingFetcher(folder, nodeHttp(), silentLog),
    }),
    installed: {
      load: (key) => Promise.resolve(store.get(key) ?? []),
      save: (key, packages) => Promise.resolve(void store.set(key, packages)),
    },
    mpyCross: mpyCross.compile,
  });
  return {
    index,
    manager,
    stop: async () => {
      await index.stop();
      await mpyCross.dispose();
      await rm(folder, { recursive: true });
    },
  };
}

interface IndexList {
  packages: { name: string; versions: { py: string[] } }[];
}

/** The index gets new versions of packages, as source only. The old ones remain. */
export async function publish(
  index: { routes: Map<string, string | Uint8Array> },
  trees: Trees,
): Promise<void> {
  const newer = await startPackageIndex(trees);
  await newer.stop();
  const listOf = (routes: typeof index.routes) =>
    JSON.parse(String(routes.get('/index.json'))) as IndexList;
  const list = new Map(listOf(index.routes).packages.map((p) => [p.name, p]));
  for (const p of listOf(newer.routes).packages) {
    const before = list.get(p.name)?.versions.py ?? [];
    list.set(p.name, { ...p, versions: { py: [...before, ...p.versions.py] } });
  }
  for (const [path, body] of newer.routes) {
    index.routes.set(path.replace('/package/py/', '/package/6/'), body);
  }
  index.routes.set('/index.json', JSON.stringify({ packages: [...list.values()] }));
}

/** Describes a board for packages. */
export async function packageBoard(transport: Transport, files: BoardFiles): Promise<PackageBoard> {
  const info = await transport.withSession((s) => readInfo(s), { mayInterrupt: true });
  return { key: info.uid ?? 'board', files, ...(info.mpy ? { mpy: info.mpy } : {}) };
}
