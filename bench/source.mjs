// @ts-check
// Real Python source for transfers: modules, examples and tools of MicroPython's own tree.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheDir, ensure } from '../test/lab/index.mjs';

const FOLDERS = ['extmod', 'examples', 'ports', 'tools', 'tests/basics'];

/** The first `size` bytes of all Python files of MicroPython's source, in the order of their paths. @param {number} size */
export async function pythonSource(size) {
  await ensure('uboard'); // unpacks the source
  const tree = readdirSync(cacheDir())
    .filter((name) => /^source-[0-9a-f]+$/.test(name))
    .map((name) => join(cacheDir(), name, 'micropython'))[0];
  if (!tree) throw new Error('the source of MicroPython is not in the cache');
  const parts = [];
  let total = 0;
  for (const folder of FOLDERS) {
    const names = readdirSync(join(tree, folder), { recursive: true })
      .map(String)
      .filter((name) => name.endsWith('.py'))
      .sort();
    for (const name of names) {
      if (total >= size) break;
      const content = readFileSync(join(tree, folder, name));
      parts.push(content);
      total += content.length;
    }
  }
  if (total < size) throw new Error(`only ${total} bytes of Python source`);
  return Buffer.concat(parts).subarray(0, size);
}
