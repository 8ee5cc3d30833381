import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Returns the compiled files of a folder next to the bundle: `fleet` is the supervisor of apps, `agent/copy` the agent. */
export async function bundledFiles(
  folder: 'fleet' | 'agent/copy',
): Promise<Map<string, Uint8Array>> {
  const path = join(__dirname, folder);
  const names = (await readdir(path)).filter((name) => name.endsWith('.mpy'));
  const read = names.map(async (n) => [n, await readFile(join(path, n))] as const);
  return new Map(await Promise.all(read));
}
