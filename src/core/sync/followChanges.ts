import type { BoardFiles, WalkEntry } from '../boardFiles';
import { baseName, byPath, parentsOf } from './boardPath';
import { walkOrEmpty } from './boardListing';
import { foldCase, isListed } from './caseless';
import type { LocalFs } from './localFs';
import { sha256 } from '../hash';
import type { SyncAction } from './model';
import { keepStartLines } from '../files';

/** A local file or folder that was written, moved or deleted, and its places on the board. */
export interface LocalChange {
  readonly kind: 'written' | 'gone';
  /** Absolute, `/` between parts. */
  readonly local: string;
  readonly places: readonly string[];
}

/**
 * Returns the steps that repeat the user's local changes on the board. A file that is already the same needs no step, and
 * protected files are never deleted. Takes one round trip, and one more for every deleted path that was not a file.
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
  const present = paths.filter((path, i) => {
    return wanted.get(path)?.kind === 'written' && hashes[i] !== undefined;
  });
  return caseOnly([...actions.values()], present, files, signal);
}

/**
 * Replaces a deletion and a write of the same name in another case by a rename, if the board ignores case: both are one file there,
 * and deleting the old name would delete the new file.
 */
async function caseOnly(
  actions: readonly SyncAction[],
  present: readonly string[],
  files: BoardFiles,
  signal: AbortSignal | undefined,
): Promise<SyncAction[]> {
  const byFold = new Map(present.map((path) => [foldCase(path), path]));
  const names = new Map<string, string>();
  for (const { kind, type, path } of actions) {
    const other = kind === 'delete' && type === 'file' ? byFold.get(foldCase(path)) : undefined;
    if (other === undefined || (await isListed(files, other, signal))) continue;
    const old = [path, ...parentsOf(path)];
    for (const [i, name] of [other, ...parentsOf(other)].entries()) names.set(old[i] ?? path, name);
  }
  if (names.size === 0) return [...actions];
  const was = new Map([...names].map(([from, to]) => [to, from]));
  const changed = actions.flatMap((action): SyncAction[] => {
    if (action.kind === 'delete') return names.has(action.path) ? [] : [action];
    const from = was.get(action.path);
    return from === undefined ? [action] : [{ ...action, was: from }];
  });
  const writing = new Set(changed.map((action) => action.path));
  const renames = [...names].flatMap(([from, path]): SyncAction[] => {
    if (baseName(from) === baseName(path) || writing.has(path)) return [];
    const type = present.includes(path) ? 'file' : 'dir';
    return [{ kind: 'rename', side: 'board', type, path, was: from, size: 0 }];
  });
  return [...renames, ...changed];
}

/** Returns the last change of each place. */
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
  // It may have been deleted by now; its deletion arrives as a separate change.
  if ((await fs.stat(local))?.type !== 'file') return [];
  const own = await fs.read(local);
  if (sha256(own) === hash) return [];
  const content = hash === undefined ? own : await keepStartLines(path, own, files);
  const sum = sha256(content);
  if (sum === hash) return [];
  const kind = hash === undefined ? 'add' : 'update';
  const size = content.length;
  // Unchanged content is read again when the file is written, because the file may have been saved again by then.
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
    // The folder stays if something protected is left in it.
    remove(path, 'dir'),
  ];
}

function remove(path: string, type: 'file' | 'dir'): SyncAction {
  return { kind: 'delete', side: 'board', type, path, size: 0 };
}
