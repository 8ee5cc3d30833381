import { throwIfAborted } from '../async';
import { joinLocal, type LocalFs } from '../sync';

/** Limit of the depth, which also ends a loop of mounted folders. */
const MAX_DEPTH = 20;

/**
 * Returns all files below a folder, relative to it and sorted. Links to folders are not followed.
 * @param onLink called with the relative path of each such link
 */
export async function filesBelow(
  fs: LocalFs,
  folder: string,
  signal?: AbortSignal,
  onLink: (path: string) => void = () => undefined,
): Promise<string[]> {
  const files: string[] = [];
  const walk = async (dir: string, depth: number) => {
    throwIfAborted(signal);
    for (const { name, type } of (await fs.list(joinLocal(folder, dir))) ?? []) {
      const path = dir === '' ? name : `${dir}/${name}`;
      if (type === 'file') files.push(path);
      else if (type === 'link') onLink(path);
      else if (type === 'dir' && depth < MAX_DEPTH) await walk(path, depth + 1);
    }
  };
  await walk('', 0);
  return files.sort();
}
