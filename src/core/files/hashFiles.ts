import type { Capabilities } from '../capabilities';
import { cannotHash } from './fileErrors';
import { hexSum } from './listing';
import { eachPortion, portions } from './portions';

/** Checks that the board can hash files. @throws FileError ENOSYS */
export function requireHash({ sha256 }: Capabilities, path: string): void {
  if (!sha256) throw cannotHash(path);
}

/** Returns whether the list of these paths fits into any heap. */
export function isShortList(paths: readonly string[]): boolean {
  return portions(paths, (path) => path.length, 0).length === 1;
}

/**
 * Hashes files, in lists that fit into the board's heap.
 * @param heap free bytes; 0: unknown
 * @param ask runs the verb for some paths and returns its lines
 * @returns SHA-256 in hex for each path; undefined if the file does not exist
 */
export async function hashFiles(
  paths: readonly string[],
  heap: number,
  ask: (paths: readonly string[]) => Promise<readonly string[]>,
): Promise<(string | undefined)[]> {
  const sums: (string | undefined)[] = [];
  const all = portions(paths, (path) => path.length, heap);
  await eachPortion(all, ask, (lines, at) => {
    sums.push(...at.map((_, i) => hexSum(lines[i] ?? '-')));
  });
  return sums;
}
