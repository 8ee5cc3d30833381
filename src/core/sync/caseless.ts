import type { BoardFiles, WalkEntry } from '../boardFiles';
import { baseName, parentsOf } from './boardPath';
import type { LocalFile, LocalTree, RemoteEntry, RemoteTree, SyncProblem } from './model';
import { isMissing, under } from '../files';

/**
 * Folds a path as FAT does: ignores case, and dots and blanks at the end of a name. Paths that differ after folding are two files
 * on every board; equal ones may be one file.
 */
export function foldCase(path: string): string {
  return path
    .split('/')
    .map((name) => name.replace(/[. ]+$/, '').toLowerCase())
    .join('/');
}

/** Returns the folder that may be a mount point: boards mount file systems at the root or one folder below it. */
function topOf(path: string): string {
  return foldCase(parentsOf(path).at(-1) ?? '/');
}

/**
 * Lists the board's files under the computer's names. If the board's file system ignores case, `Main.py` there and `main.py` here
 * are one file, and `was` holds the board's name. The board is asked once for each file system with such a pair, and not at all
 * if there is none.
 */
export async function underWantedNames(
  files: Pick<BoardFiles, 'stat'>,
  wanted: Iterable<string>,
  entries: readonly WalkEntry[],
  signal?: AbortSignal,
): Promise<RemoteTree> {
  const names = new Set(wanted);
  for (const path of [...names]) for (const parent of parentsOf(path)) names.add(parent);
  const byFold = new Map([...names].map((path) => [foldCase(path), path]));
  const listed = new Set(entries.map((entry) => entry.path));
  const tops = new Map<string, string>();
  for (const { path } of entries) {
    const other = names.has(path) ? undefined : byFold.get(foldCase(path));
    if (other !== undefined && !listed.has(other)) tops.set(topOf(other), other);
  }
  const caseless = new Set<string>();
  for (const [top, path] of tops) if (await isThere(files, path, signal)) caseless.add(top);
  if (caseless.size === 0) return entries;
  const renamed = new Map<string, string>();
  const nameOf = (path: string): string => {
    const known = renamed.get(path);
    if (known !== undefined || path === '/') return known ?? path;
    const parent = nameOf(parentsOf(path)[0] ?? '/');
    const kept = under(parent, `/${baseName(path)}`);
    const other = caseless.has(topOf(path)) && !names.has(path) && byFold.get(foldCase(path));
    const name = other && !listed.has(other) ? other : kept;
    renamed.set(path, name);
    return name;
  };
  return entries.map((entry): RemoteEntry => {
    const path = nameOf(entry.path);
    return path === entry.path ? entry : { ...entry, path, was: entry.path };
  });
}

/**
 * Removes files from `local` whose names differ only in case if the board ignores case. Otherwise every sync would write one file
 * over the other.
 */
export async function withoutDoubles(
  files: Pick<BoardFiles, 'stat'>,
  local: LocalTree,
  entries: readonly WalkEntry[],
  signal?: AbortSignal,
): Promise<LocalTree> {
  const first = new Map<string, LocalFile>();
  const doubles = new Map<LocalFile, LocalFile>();
  for (const file of local.files) {
    const other = first.get(foldCase(file.board));
    if (other) doubles.set(file, other);
    else first.set(foldCase(file.board), file);
  }
  const tops = new Map<string, boolean>();
  const problems: SyncProblem[] = [];
  const left = new Set<LocalFile>();
  for (const [file, other] of doubles) {
    const top = topOf(file.board);
    const caseless = tops.get(top) ?? (await knowsNoCase(files, top, entries, signal));
    tops.set(top, caseless);
    if (!caseless) continue;
    const message = `${file.board} and ${other.board} are one file on this board, and the former is left out`;
    problems.push({ severity: 'error', path: file.board, message });
    left.add(file);
  }
  if (left.size === 0) return local;
  const kept = local.files.filter((file) => !left.has(file));
  return { ...local, files: kept, problems: [...local.problems, ...problems] };
}

/** Returns whether the board also finds a listed file by its name in the other case. */
async function knowsNoCase(
  files: Pick<BoardFiles, 'stat'>,
  top: string,
  entries: readonly WalkEntry[],
  signal?: AbortSignal,
): Promise<boolean> {
  const listed = new Set(entries.map((entry) => entry.path));
  for (const { path } of entries) {
    if (topOf(path) !== top) continue;
    const name = baseName(path);
    const other = path.slice(0, -name.length) + swapCase(name);
    if (other !== path && !listed.has(other)) return isThere(files, other, signal);
  }
  return false;
}

function swapCase(name: string): string {
  const upper = name.toUpperCase();
  return upper === name ? name.toLowerCase() : upper;
}

/**
 * Returns which of `doomed` are files that were just `written` under another case, and so must not be deleted: on FAT, writing
 * `main.py` replaces `Main.py`, and deleting that name would delete the new file. They are two files if the board lists both.
 */
export async function sameAsWritten(
  files: Pick<BoardFiles, 'list'>,
  doomed: readonly string[],
  written: readonly string[],
  signal?: AbortSignal,
): Promise<ReadonlySet<string>> {
  const byFold = new Map(written.map((path) => [foldCase(path), path]));
  const same = new Set<string>();
  for (const path of doomed) {
    const other = byFold.get(foldCase(path));
    if (other === undefined) continue;
    const two = (await isListed(files, path, signal)) && (await isListed(files, other, signal));
    if (!two || other === path) same.add(path);
  }
  return same;
}

/** Returns whether the board lists every part of `path` in exactly this spelling. */
export async function isListed(
  files: Pick<BoardFiles, 'list'>,
  path: string,
  signal?: AbortSignal,
): Promise<boolean> {
  for (const at of [path, ...parentsOf(path)]) {
    const name = baseName(at);
    const folder = at.slice(0, -name.length - 1) || '/';
    if (!(await list(files, folder, signal)).some((entry) => entry.name === name)) return false;
  }
  return true;
}

/** Returns the board's own spelling of `path`: on FAT, `/main.py` may be listed as `/Main.py`. */
export async function listedName(
  files: Pick<BoardFiles, 'list'>,
  path: string,
  signal?: AbortSignal,
): Promise<string> {
  const name = baseName(path);
  const folder = path.slice(0, -name.length - 1);
  const names = (await list(files, folder || '/', signal)).map((entry) => entry.name);
  if (names.includes(name)) return path;
  const other = names.find((listed) => foldCase(listed) === foldCase(name));
  return other === undefined ? path : `${folder}/${other}`;
}

async function list(files: Pick<BoardFiles, 'list'>, folder: string, signal?: AbortSignal) {
  try {
    return await files.list(folder, signal);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

async function isThere(files: Pick<BoardFiles, 'stat'>, path: string, signal?: AbortSignal) {
  try {
    await files.stat(path, signal);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}
