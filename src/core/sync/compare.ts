import type { BoardFiles, WalkEntry } from '../boardFiles';
import { byPath } from './boardPath';
import { walkOrEmpty } from './boardTree';
import { ALWAYS_PROTECTED } from './rules';
import { IgnoreRules } from './ignoreRules';
import type { LocalTree, RemoteTree } from './model';

/** How one path differs between two sides. */
export interface Drift {
  readonly path: string;
  readonly kind: 'onlyLeft' | 'onlyRight' | 'differs';
}

export interface Comparison {
  /** Sorted by path; empty: both are the same. */
  readonly drift: readonly Drift[];
  readonly same: number;
}

/** A file of either side: a board's, or the computer's by its place on the board. */
export interface Compared {
  readonly path: string;
  readonly sha256?: string;
}

/** Lays two sets of files against each other by hash. One whose hash is not known differs. */
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

/** A folder (left) with a board (right). */
export function compareWithFolder(
  local: LocalTree,
  remote: RemoteTree,
  isHidden: (path: string, isDir: boolean) => boolean,
): Comparison {
  const left = local.files.map(({ board, sha256 }) => ({ path: board, sha256 }));
  const right = remote.filter((e) => e.type === 'file' && !isHidden(e.path, false));
  return compareFiles(left, right);
}

/** What differs between any two boards because it belongs to each. */
const OWN = IgnoreRules.parse(ALWAYS_PROTECTED.filter((rule) => rule !== '/boot.py'));

/** One board with another: one round trip to each, side by side. */
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
  return compareFiles(shared(a), shared(b));
}

function shared(entries: readonly WalkEntry[]): WalkEntry[] {
  return entries.filter((e) => e.type === 'file' && !OWN.ignores(e.path.slice(1), false));
}
