import type { BoardFiles, WalkEntry, WalkOptions } from '../boardFiles';
import { FileError } from '../errors';
import type { RemoteTree } from './model';

/**
 * Files up to this size are hashed while the tree is walked, which saves a round trip and the list of their names; that is
 * every file of a program. Recordings on a card beside it are larger, and hashed only where their size is the same.
 */
export const HASHED_AT_ONCE = { upTo: 64 * 1024 };

/**
 * Adds the hashes that decide to what a walk has found: those of files whose size is the one in `sizes`. One round trip
 * however many files there are. A file of another size has changed for certain, so a card full of recordings beside the
 * program is listed and not hashed.
 */
export async function withHashes(
  files: BoardFiles,
  entries: readonly WalkEntry[],
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

/** As `walk`, with nothing for a folder that does not exist. */
export async function walkOrEmpty(
  files: BoardFiles,
  root: string,
  signal?: AbortSignal,
  hash: WalkOptions['hash'] = false,
): Promise<WalkEntry[]> {
  try {
    return await files.walk(root, { hash, signal });
  } catch (error) {
    if (error instanceof FileError && error.errno === 'ENOENT') return [];
    throw error;
  }
}

/** The nearest folder that is above all of `paths`. */
export function commonRoot(paths: readonly string[]): string {
  const split = paths.map((path) => path.split('/').filter((part) => part !== ''));
  const first = split[0] ?? [];
  let depth = 0;
  while (depth < first.length && split.every((parts) => parts[depth] === first[depth])) depth++;
  return `/${first.slice(0, depth).join('/')}`;
}
