import { join } from 'node:path';
import { build } from 'esbuild';
import { demoAddress } from '../../../src/core/parseAddress';
import { silentLog } from '../../../src/core/log';
import {
  demoFolder as folderOf,
  demoTransport,
  type DemoSettings,
} from '../../../src/transports/demo/demoTransport';
import { forNode } from '../../../scripts/programs.mjs';
import { root, tempDir } from '../../lab/paths.mjs';

let worker: Promise<string> | undefined;

/** The demo board's worker, bundled as for the extension. */
async function bundledWorker(): Promise<string> {
  worker ??= (async () => {
    const outfile = join(tempDir('demo-worker'), 'demoWorker.cjs');
    await build({ ...forNode, entryPoints: ['src/transports/demo/worker.ts'], outfile });
    return outfile;
  })();
  return worker;
}

/** Settings for demo boards that keep their files in a new folder. */
export async function demoSettings(options: Partial<DemoSettings> = {}): Promise<DemoSettings> {
  return {
    storage: tempDir('demo'),
    worker: await bundledWorker(),
    micropython: join(
      root,
      'node_modules/@micropython/micropython-webassembly-pyscript/micropython.mjs',
    ),
    examples: false,
    ...options,
  };
}

/** Creates a demo board's transport, not yet opened. */
export function demoBoard(settings: DemoSettings, name = '1') {
  return demoTransport(demoAddress(name), settings, silentLog);
}

/** Folder of that board's files on this computer. */
export function demoFolder(settings: DemoSettings, name = '1'): string {
  return folderOf(demoAddress(name), settings);
}
