import * as l10n from '@vscode/l10n';
import type { BoardFiles, TransferOptions, WriteItem } from '../boardFiles';
import { asError, FileError, FleetError } from '../errors';
import { isMissing, removeIfThere } from '../files';
import { ancestors } from './emptyFolders';
import type { FetchedPackage } from './fetchPackages';
import type { PlacedFile } from './fetchPackages';

/** SHA-256 by path; undefined for files that do not exist. */
export type Hashes = ReadonlyMap<string, string | undefined>;

/** Hashes files of a board, in one round trip. */
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

/** Returns the files of packages with their paths below `target`. */
export function itemsOf(
  packages: readonly FetchedPackage[],
  target: string,
): { readonly path: string; readonly content: Uint8Array }[] {
  return packages.flatMap((p) =>
    p.files.map((f) => ({ path: `${target}/${f.path}`, content: f.content })),
  );
}

/**
 * Writes the files that differ from `now`. Free space is checked before the first byte. If a write fails or the user cancels,
 * the old files and folders are restored.
 * @throws FileError ENOSPC; LeftBehindError if the old state could not be restored
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
    // Without the caller's signal, because a cancelled change must still be undone.
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

/** Returns the folders to create, outer ones first. */
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
    if (isMissing(error)) return false;
    throw error;
  }
  throw new FileError(
    'ENOTDIR',
    path,
    l10n.t('{0} is a file on the board, but a folder is needed there', path),
    {
      hint: l10n.t('Rename it, or install into another folder. Nothing was changed.'),
    },
  );
}

/** Checks the file system that holds the target, which may be a card. */
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
  throw new FileError(
    'ENOSPC',
    target,
    l10n.t('{0} bytes are needed on the board, but only {1} are free', size, free),
    {
      hint: l10n.t(
        'Delete files that you do not need, or install the .mpy form. Nothing was changed.',
      ),
    },
  );
}

/** The connection was lost in the middle, so the old state of the board could not be restored. */
export class LeftBehindError extends FleetError {
  readonly code = 'leftBehind';

  constructor(first: Error, second: Error) {
    super(l10n.t('{0}; some files of the packages are already on the board', first.message), {
      cause: new AggregateError([first, second]),
      hint: l10n.t(
        'Connect the board and install again, or remove the package. No file is incomplete.',
      ),
    });
  }
}
