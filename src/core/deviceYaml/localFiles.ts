import { throwIfAborted } from '../async';
import { joinLocal } from '../sync/folderScan';
import type { LocalFs } from '../sync/localFs';

/** Deeper than any library; a circle of mounted folders ends here. */
const MAX_DEPTH = 20;

/** All files below a folder, relative to it and sorted. Links to folders are not followed. */
export async function filesBelow(
  fs: LocalFs,
  folder: string,
  signal?: AbortSignal,
): Promise<string[]> {
  const files: string[] = [];
  const walk = async (dir: string, depth: number) => {
    throwIfAborted(signal);
    for (const { name, type } of (await fs.list(joinLocal(folder, dir))) ?? []) {
      const path = dir === '' ? name : `${dir}/${name}`;
      if (type === 'file') files.push(path);
      else if (type === 'dir' && depth < MAX_DEPTH) await walk(path, depth + 1);
    }
  };
  await walk('', 0);
  return files.sort();
}
