import type { BoardFiles } from '../boardFiles';
import { isMissing, removeIfThere } from '../files';

/** Returns the folders above an absolute path, outer ones first, without the root: `/a/b/c` -> `/a`, `/a/b`. */
export function ancestors(path: string): string[] {
  const parts = path.split('/').slice(1, -1);
  return parts.map((_, n) => `/${parts.slice(0, n + 1).join('/')}`);
}

/** Removes the folders that became empty when `paths` were deleted. Folders at the top, such as `/lib`, stay. */
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
      // The user removed it before.
      if (!isMissing(error)) throw error;
      continue;
    }
    if (isEmpty) await removeIfThere(files, folder, signal);
  }
}
