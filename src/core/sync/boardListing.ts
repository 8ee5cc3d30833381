import type { BoardFiles, WalkEntry, WalkOptions } from '../boardFiles';
import type { RemoteTree } from './model';
import { isMissing } from '../files';

/**
 * Files up to this size are hashed during the walk, which saves a round trip and sending their names. This covers every file of a
 * program. Larger files, such as recordings on a card, are hashed only if their size is unchanged.
 */
export const HASHED_AT_ONCE = { upTo: 64 * 1024 };

/**
 * Adds the missing hashes that a comparison needs: those of files whose size equals the one in `sizes`. It takes one round trip
 * for any number of files. A file of another size has certainly changed, so a card full of recordings is listed but not hashed.
 */
export async function withHashes(
  files: BoardFiles,
  entries: RemoteTree,
  sizes: ReadonlyMap<string, number>,
  signal?: AbortSignal,
): Promise<RemoteTree> {
  const same = entries.filter(
    (e) => e.type === 'file' && e.sha256 === undefined && sizes.get(e.path) === e.size,
  );
  if (same.length === 0) return entries;
  const paths = same.map((e) => e.path);
  const hashes = await files.hash(paths, signal);
  const byPath = new Map(paths.map((path, i) => [path, hashes[i]]));
  return entries.map((e) => (byPath.has(e.path) ? { ...e, sha256: byPath.get(e.path) } : e));
}

/** Like `walk`, but returns an empty list if the folder does not exist. */
export async function walkOrEmpty(
  files: BoardFiles,
  root: string,
  signal?: AbortSignal,
  hash: WalkOptions['hash'] = false,
): Promise<WalkEntry[]> {
  try {
    return await files.walk(root, { hash, signal });
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

/** Returns the deepest folder that contains all of `paths`. */
export function commonRoot(paths: readonly string[]): string {
  const split = paths.map((path) => path.split('/').filter((part) => part !== ''));
  const first = split[0] ?? [];
  let depth = 0;
  while (depth < first.length && split.every((parts) => parts[depth] === first[depth])) depth++;
  return `/${first.slice(0, depth).join('/')}`;
}
