import type { BoardFiles, TransferOptions, WriteItem } from '../boardFiles';
import { asError, FileError, FleetError } from '../errors';
import { ancestors, removeIfThere } from './boardTree';
import type { FetchedPackage } from './install';
import type { PlacedFile } from './install';

/** SHA-256 by path; undefined for what is not there. */
export type Hashes = ReadonlyMap<string, string | undefined>;

/** Looks at files of a board, in one round trip. */
export async function lookAt(
  files: BoardFiles,
  paths: Iterable<string>,
  signal?: AbortSignal,
): Promise<Hashes> {
  const list = [...new Set(paths)];
  if (list.length === 0) return new Map();
  const hashes = await files.hash(list, signal);
  return new Map(list.map((path, i) => [path, hashes[i]]));
}

/** The files of packages as they go below `target`. */
export function itemsOf(
  packages: readonly FetchedPackage[],
  target: string,
): { readonly path: string; readonly content: Uint8Array }[] {
  return packages.flatMap((p) =>
    p.files.map((f) => ({ path: `${target}/${f.path}`, content: f.content })),
  );
}

/**
 * Writes what differs from `now`. Room is looked at before the first byte; when a file cannot be written, or the user calls
 * it off, what was there is put back, folders too.
 * @throws FileError ENOSPC; LeftBehindError where the board could not be put back
 */
export async function placeFiles(
  files: BoardFiles,
  items: readonly { readonly path: string; readonly content: Uint8Array }[],
  placed: readonly PlacedFile[],
  now: Hashes,
  target: string,
  options: TransferOptions = {},
): Promise<void> {
  const after = new Map(placed.map((f) => [f.path, f.sha256]));
  const changed = items.filter(({ path }) => now.get(path) !== after.get(path));
  if (changed.length === 0) return;
  const missing = await missingFolders(files, changed, now, options.signal);
  await checkRoom(files, changed, missing, target, options.signal);
  const kept: WriteItem[] = [];
  const old = changed.filter(({ path }) => now.get(path) !== undefined);
  await files.readMany(
    old.map(({ path }) => ({ path })),
    (content, path) => void kept.push({ path, content }),
    options.signal ? { signal: options.signal } : {},
  );
  try {
    await files.writeMany(changed, options);
  } catch (error) {
    // Without the caller's signal: what was called off must still be put back.
    await putBack(files, changed, kept, missing).catch((second: unknown) => {
      throw new LeftBehindError(asError(error), asError(second));
    });
    throw error;
  }
}

async function putBack(
  files: BoardFiles,
  changed: readonly WriteItem[],
  kept: readonly WriteItem[],
  missing: readonly string[],
): Promise<void> {
  const existed = new Set(kept.map((k) => k.path));
  for (const { path } of changed) if (!existed.has(path)) await removeIfThere(files, path);
  if (kept.length > 0) await files.writeMany(kept);
  for (const folder of [...missing].reverse()) await removeIfThere(files, folder);
}

/** The folders that are to be made, outer ones first. */
async function missingFolders(
  files: BoardFiles,
  items: readonly WriteItem[],
  now: Hashes,
  signal?: AbortSignal,
): Promise<string[]> {
  const fresh = items.filter(({ path }) => now.get(path) === undefined);
  const folders = [...new Set(fresh.flatMap(({ path }) => ancestors(path)))];
  const missing: string[] = [];
  for (const folder of folders.sort((a, b) => a.length - b.length)) {
    const isInMissing = missing.some((m) => folder.startsWith(`${m}/`));
    if (isInMissing || !(await isThere(files, folder, signal))) missing.push(folder);
  }
  return missing;
}

async function isThere(files: BoardFiles, path: string, signal?: AbortSignal): Promise<boolean> {
  try {
    const { type } = await files.stat(path, signal);
    if (type === 'dir') return true;
  } catch (error) {
    if (error instanceof FileError && error.errno === 'ENOENT') return false;
    throw error;
  }
  throw new FileError(
    'ENOTDIR',
    path,
    `${path} is a file on the board, and a folder is needed there`,
    {
      hint: 'Rename it, or install into another folder. Nothing was changed.',
    },
  );
}

/** On the file system that holds the target, which may be a card. */
async function checkRoom(
  files: BoardFiles,
  items: readonly { readonly content: Uint8Array }[],
  missing: readonly string[],
  target: string,
  signal?: AbortSignal,
): Promise<void> {
  const size = items.reduce((sum, { content }) => sum + content.length, 0);
  const there = [target, ...ancestors(target).reverse()].find((f) => f && !missing.includes(f));
  const { free } = await files.space(there ?? '/', signal);
  if (size <= free) return;
  throw new FileError('ENOSPC', target, `${size} bytes are needed on the board, ${free} are free`, {
    hint: 'Remove what is not needed, or install the .mpy form. Nothing was changed.',
  });
}

/** The board was lost in the middle, so that it could not be put back as it was. */
export class LeftBehindError extends FleetError {
  readonly code = 'leftBehind';

  constructor(first: Error, second: Error) {
    super(`${first.message}; some files of the packages are on the board already`, {
      cause: new AggregateError([first, second]),
      hint: 'Connect the board and install again, or remove the package: each file is whole.',
    });
  }
}
