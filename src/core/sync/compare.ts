import type { BoardFiles, WalkEntry } from '../boardFiles';
import { byPath } from './boardPath';
import { underWantedNames } from './caseless';
import { walkOrEmpty } from './boardListing';
import { ALWAYS_PROTECTED } from './rules';
import { IgnoreRules } from './ignoreRules';
import type { LocalTree, RemoteTree } from './model';

/** The difference of one path between two sides. */
export interface Drift {
  readonly path: string;
  readonly kind: 'onlyLeft' | 'onlyRight' | 'differs';
}

/** The differences between a board and the computer. `same`: number of equal files. */
export interface Comparison {
  /** Sorted by path; empty if both sides are the same. */
  readonly drift: readonly Drift[];
  readonly same: number;
}

/** A file of a board, or a file of the computer under its path on the board. */
export interface Compared {
  readonly path: string;
  readonly sha256?: string;
}

/** Compares two sets of files by hash. A file without a known hash counts as different. */
export function compareFiles(left: readonly Compared[], right: readonly Compared[]): Comparison {
  const other = new Map(right.map((file) => [file.path, file]));
  const drift: Drift[] = [];
  let same = 0;
  for (const { path, sha256 } of left) {
    const there = other.get(path);
    other.delete(path);
    if (!there) drift.push({ path, kind: 'onlyLeft' });
    else if (sha256 === undefined || sha256 !== there.sha256) drift.push({ path, kind: 'differs' });
    else same++;
  }
  for (const path of other.keys()) drift.push({ path, kind: 'onlyRight' });
  return { drift: drift.sort(byPath), same };
}

/** Compares a folder (left) with a board (right). */
export function compareWithFolder(
  local: LocalTree,
  remote: RemoteTree,
  isHidden: (path: string, isDir: boolean) => boolean,
): Comparison {
  const left = local.files.map(({ board, sha256 }) => ({ path: board, sha256 }));
  const right = remote.filter((e) => e.type === 'file' && !isHidden(e.path, false));
  return compareFiles(left, right);
}

/** Files that belong to one board and therefore differ between any two. */
const OWN = IgnoreRules.parse(ALWAYS_PROTECTED.filter((rule) => rule !== '/boot.py'));

/** Compares two boards with one round trip to each, in parallel. */
export async function compareBoards(
  left: BoardFiles,
  right: BoardFiles,
  root: string,
  signal?: AbortSignal,
): Promise<Comparison> {
  const [a, b] = await Promise.all([
    walkOrEmpty(left, root, signal, true),
    walkOrEmpty(right, root, signal, true),
  ]);
  // The other board may use another case, on a file system that ignores case.
  const theirs = await underWantedNames(right, pathsOf(a), b, signal);
  const own = await underWantedNames(left, pathsOf(theirs), a, signal);
  return compareFiles(shared(own), shared(theirs));
}

function pathsOf(entries: readonly WalkEntry[]): string[] {
  return entries.map((entry) => entry.path);
}

function shared(entries: readonly WalkEntry[]): WalkEntry[] {
  return entries.filter((e) => e.type === 'file' && !OWN.ignores(e.path.slice(1), false));
}
