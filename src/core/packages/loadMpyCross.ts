import { join } from 'node:path';
import type { MpyCross } from './mpyCross';

/**
 * Loads the WebAssembly compiler (MicroPython's own mpy-cross). `wasm`: where the bundle keeps its binary; without it the
 * package's own is taken.
 */
export async function loadMpyCross(wasm?: string): Promise<MpyCross> {
  const { compile } = await import('@pybricks/mpy-cross-v6');
  const path =
    wasm ?? join(process.cwd(), 'node_modules/@pybricks/mpy-cross-v6/build/mpy-cross-v6.wasm');
  return (fileName, source, options) => compile(fileName, source, options, path);
}
