import type { BoardFiles } from '../boardFiles';
import { FileError } from '../errors';

/** The folders above an absolute path, outer ones first, without the root: `/a/b/c` -> `/a`, `/a/b`. */
export function ancestors(path: string): string[] {
  const parts = path.split('/').slice(1, -1);
  return parts.map((_, n) => `/${parts.slice(0, n + 1).join('/')}`);
}

/** Removes a file or an empty folder; one that is not there is as good. */
export async function removeIfThere(
  files: BoardFiles,
  path: string,
  signal?: AbortSignal,
): Promise<void> {
  try {
    await files.remove(path, signal ? { signal } : {});
  } catch (error) {
    if (!(error instanceof FileError && error.errno === 'ENOENT')) throw error;
  }
}

/** Removes the folders that are empty now that `paths` are gone; those at the top (`/lib`) stay. */
export async function removeEmptyFolders(
  files: BoardFiles,
  paths: readonly string[],
  signal?: AbortSignal,
): Promise<void> {
  const folders = new Set(paths.flatMap((path) => ancestors(path).slice(1)));
  for (const folder of [...folders].sort((a, b) => b.length - a.length)) {
    let isEmpty: boolean;
    try {
      isEmpty = (await files.list(folder, signal)).length === 0;
    } catch (error) {
      // Somebody has removed it by hand.
      if (!(error instanceof FileError && error.errno === 'ENOENT')) throw error;
      continue;
    }
    if (isEmpty) await removeIfThere(files, folder, signal);
  }
}
