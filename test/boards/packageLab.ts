import { join } from 'node:path';
import { build } from 'esbuild';
import { MpyCrossThread } from '../../src/core/packages/mpyCrossThread';
import { root, tempDir } from '../lab/paths.mjs';

let worker: Promise<string> | undefined;

/** The compiler in its thread, bundled as for the extension. */
export async function startMpyCross(): Promise<MpyCrossThread> {
  worker ??= (async () => {
    const outfile = join(tempDir('mpy-cross'), 'mpyCross.cjs');
    await build({
      absWorkingDir: root,
      entryPoints: ['src/core/packages/mpyCrossWorker.ts'],
      outfile,
      bundle: true,
      platform: 'node',
      target: 'node20',
      format: 'cjs',
    });
    return outfile;
  })();
  const wasm = join(root, 'node_modules/@pybricks/mpy-cross-v6/build/mpy-cross-v6.wasm');
  return new MpyCrossThread({ worker: await worker, wasm });
}
