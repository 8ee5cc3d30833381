import type { BoardFiles, WalkEntry } from '../boardFiles';
import { byPath } from './boardPath';
import { walkOrEmpty } from './boardTree';
import { sha256, type LocalFs } from './localFs';
import type { SyncAction } from './model';
import { keepStartLines } from '../files/startLines';

/** A local file or folder that was written, or is gone (moved or deleted), and its places on the board. */
export interface LocalChange {
  readonly kind: 'written' | 'gone';
  /** Absolute, `/` between parts. */
  readonly local: string;
  readonly places: readonly string[];
}

/**
 * The steps by which a board follows what the user has just done here. A file that is the same there already needs none;
 * what is protected is never deleted. One round trip, and one for every path that is gone and was no file.
 */
export async function followChanges(
  changes: readonly LocalChange[],
  files: BoardFiles,
  fs: LocalFs,
  isProtected: (path: string, isDir: boolean) => boolean,
  signal?: AbortSignal,
): Promise<SyncAction[]> {
  const wanted = latest(changes);
  if (wanted.size === 0) return [];
  const paths = [...wanted.keys()];
  const hashes = await files.hash(paths, signal);
  const actions = new Map<string, SyncAction>();
  for (const [i, path] of paths.entries()) {
    const change = wanted.get(path);
    if (!change) continue;
    const found =
      change.kind === 'written'
        ? await written(change.local, path, hashes[i], files, fs)
        : await gone(path, hashes[i], files, isProtected, signal);
    for (const action of found)
      if (!wanted.has(action.path) || action.path === path) actions.set(action.path, action);
  }
  return [...actions.values()];
}

/** What counts for each place: the last change. */
function latest(changes: readonly LocalChange[]): Map<string, LocalChange> {
  return new Map(changes.flatMap((change) => change.places.map((path) => [path, change] as const)));
}

async function written(
  local: string,
  path: string,
  hash: string | undefined,
  files: BoardFiles,
  fs: LocalFs,
): Promise<SyncAction[]> {
  // It may be gone again by now; then a change of its own says so.
  if ((await fs.stat(local))?.type !== 'file') return [];
  const own = await fs.read(local);
  if (sha256(own) === hash) return [];
  const content = hash === undefined ? own : await keepStartLines(path, own, files);
  const sum = sha256(content);
  if (sum === hash) return [];
  const kind = hash === undefined ? 'add' : 'update';
  const size = content.length;
  // Read again when it is written, unless it is no longer the file's own: it may have been saved once more by then.
  const other = content === own ? {} : { content };
  return [{ kind, side: 'board', type: 'file', path, local, size, sha256: sum, ...other }];
}

async function gone(
  path: string,
  hash: string | undefined,
  files: BoardFiles,
  isProtected: (path: string, isDir: boolean) => boolean,
  signal: AbortSignal | undefined,
): Promise<SyncAction[]> {
  if (hash !== undefined) return isProtected(path, false) ? [] : [remove(path, 'file')];
  if (path === '/' || isProtected(path, true)) return [];
  const inside = await walkOrEmpty(files, path, signal);
  const keeps = (entry: WalkEntry) => isProtected(entry.path, entry.type === 'dir');
  const deletable = inside.filter((entry) => !keeps(entry)).sort(byPath);
  const leaving = deletable.filter((entry) => entry.type === 'file');
  const dirs = deletable.filter((entry) => entry.type === 'dir').reverse();
  return [
    ...leaving.map((entry) => remove(entry.path, 'file')),
    ...dirs.map((entry) => remove(entry.path, 'dir')),
    // Stays where it is when something protected is left in it.
    remove(path, 'dir'),
  ];
}

function remove(path: string, type: 'file' | 'dir'): SyncAction {
  return { kind: 'delete', side: 'board', type, path, size: 0 };
}
