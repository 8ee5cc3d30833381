import * as l10n from '@vscode/l10n';
import { posix } from 'node:path';
import type { BoardFiles, ReadItem } from '../boardFiles';
import { FileError, UsageError } from '../errors';
import { holdable, hostNames, localParts, nameProblem, shownPath } from '../files';
import { IgnoreRules } from '../sync';
import { sha256 } from '../hash';

/** A board of the window or of the command line. */
interface HasFiles {
  readonly files: BoardFiles;
}

/** A file to fetch from a board, and its path below the destination folder. */
export interface Wanted extends ReadItem {
  readonly below: string;
  readonly size: number;
  /** The user selected this exact file. */
  readonly named?: boolean;
}

/**
 * Generates a folder name for each board from its name. The names are distinct, even on
 * case-insensitive systems, and valid on every system, so no board's files overwrite another's.
 */
export function boardFolders<B extends { readonly name: string }>(
  boards: readonly B[],
): ReadonlyMap<B, string> {
  const taken = new Set<string>();
  const folders = new Map<B, string>();
  for (const board of boards) {
    const base = folderName(board.name);
    let name = base;
    for (let n = 2; taken.has(name.toLowerCase()); n++) name = `${base}-${n}`;
    taken.add(name.toLowerCase());
    folders.set(board, name);
  }
  return folders;
}

function folderName(name: string): string {
  const safe = name.replace(/[\p{Cc}<>:"/\\|?*]+/gu, '_').replace(/[. ]+$/, '');
  const usable = safe !== '' && !nameProblem(safe, { ...hostNames(), windows: true });
  return usable ? safe : `board-${safe}`;
}

/**
 * Returns all files at `paths` on a board. Files and folders keep their names, and the root yields
 * its contents.
 */
export async function filesAt(
  board: HasFiles,
  paths: readonly string[],
  signal: AbortSignal,
): Promise<Wanted[]> {
  const found: Wanted[] = [];
  for (const path of topmostPaths(paths)) found.push(...(await expand(board, path, signal)));
  return withoutDoubles(found);
}

/**
 * Returns the files of a board that match a path or gitignore-style pattern: `*.csv` anywhere,
 * `/logs` a folder with everything in it, `/data/*.txt`. They keep their folders.
 * @throws UsageError when no file matches
 */
export async function filesMatching(
  board: HasFiles,
  pattern: string,
  signal: AbortSignal,
): Promise<Wanted[]> {
  const rules = IgnoreRules.parse([pattern]);
  const entries = await board.files.walk('/', { signal });
  const files = entries.filter((e) => e.type === 'file' && rules.ignores(e.path.slice(1), false));
  if (files.length === 0) throw new UsageError(l10n.t('No file matches {0}', pattern));
  return files.map(({ path, size }) => ({ path, below: path.slice(1), size }));
}

/** Reads files in one stream and delivers each complete file with its local path parts. */
export async function fetchFiles(
  board: HasFiles,
  files: readonly Wanted[],
  put: (parts: readonly string[], content: Uint8Array, path: string) => Promise<void>,
  options: { signal: AbortSignal; onProgress?: (done: number, path: string) => void },
): Promise<void> {
  const { fit, unfit } = holdable(files.map((f) => ({ ...f, of: f.path, path: `/${f.below}` })));
  const places = new Map(fit.map((f) => [f.of, localParts(f.path)]));
  await board.files.readMany(
    fit.map((f) => ({ path: f.of, size: f.size })),
    (content, path) => put(places.get(path) ?? localParts(path), content, path),
    { signal: options.signal, onProgress: (done, _all, path) => options.onProgress?.(done, path) },
  );
  if (unfit.length > 0) throw leftOut(unfit.map((f) => f.of));
}

/**
 * Returns the error that is thrown after the other files have arrived, so that one bad name does
 * not cost the whole download.
 */
function leftOut(paths: readonly string[]): FileError {
  const names = paths.map(shownPath).join(', ');
  const message = l10n.t(
    'All files were downloaded except these, because this computer cannot store their names or its tools would act on them: {0}',
    names,
  );
  return new FileError('EINVAL', paths[0] ?? '/', message, {
    hint: l10n.t('Rename them on the board, or choose them one by one.'),
  });
}

async function expand(board: HasFiles, path: string, signal: AbortSignal): Promise<Wanted[]> {
  const stat = path === '/' ? undefined : await board.files.stat(path, signal);
  const parent = posix.dirname(path);
  const skip = parent === '/' ? 1 : parent.length + 1;
  if (stat?.type === 'file') {
    return [{ path, below: path.slice(skip), size: stat.size, named: true }];
  }
  const entries = await board.files.walk(path, { signal });
  return entries
    .filter((e) => e.type === 'file')
    .map((e) => ({ path: e.path, below: e.path.slice(skip), size: e.size }));
}

/** Number of hexadecimal digits that an answer shows of a hash. */
const HASH_DIGITS = 8;

/** Collects what the files of one board contain, so that boards can be compared. */
export class ContentHash {
  readonly #hashes = new Map<string, string>();

  add(path: string, content: Uint8Array): void {
    this.#hashes.set(path, sha256(content));
  }

  /** Returns `SHA-256 3f2a91c0…`, of the file or of all paths with their hashes; '' without files. */
  get words(): string {
    const files = [...this.#hashes].sort(([a], [b]) => (a < b ? -1 : 1));
    const [only, second] = files;
    if (!only) return '';
    const list = files.map(([path, hash]) => `${hash}  ${path}\n`).join('');
    const hash = second ? sha256(new TextEncoder().encode(list)) : only[1];
    return `SHA-256 ${hash.slice(0, HASH_DIGITS)}…`;
  }
}

/** Removes paths that lie within another one. */
function topmostPaths(paths: readonly string[]): string[] {
  const within = (path: string, of: string) =>
    path !== of && (of === '/' || path.startsWith(`${of}/`));
  return [...new Set(paths)].filter((path) => !paths.some((of) => within(path, of)));
}

/**
 * Shortens the paths of files. Files with the same name from different folders keep their folders,
 * so neither replaces the other.
 */
function withoutDoubles(files: readonly Wanted[]): Wanted[] {
  const count = new Map<string, number>();
  const key = ({ below }: Wanted) => below.toLowerCase();
  for (const file of files) count.set(key(file), (count.get(key(file)) ?? 0) + 1);
  return files.map((f) => ((count.get(key(f)) ?? 0) > 1 ? { ...f, below: f.path.slice(1) } : f));
}
