import type { BoardFiles } from '../boardFiles';
import { sameAsWritten } from '../sync';
import { checkOwners, goingFiles, OwnFilesError, ownFiles, removeFiles, shadowOf } from './change';
import type { FetchedPackage, InstalledPackage } from './fetchPackages';
import { itemsOf, LeftBehindError, lookAt, placeFiles } from './place';

/** How packages on a board are changed. */
export interface ChangeOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number, path: string) => void;
  /** Overwrite and remove files even if the user changed them or put them on the board. */
  readonly replace?: boolean;
}

/** The packages that a board should have. */
export interface Change {
  readonly fitting: readonly FetchedPackage[];
  /** The records of `fitting`. */
  readonly fresh: readonly InstalledPackage[];
  /** The packages recorded before and after the change. */
  readonly before: readonly InstalledPackage[];
  readonly keep: readonly InstalledPackage[];
  readonly target: string;
}

/**
 * Places packages, and removes those that they replace or that are no longer needed. All checks happen before the first byte
 * is written.
 * @throws ConflictError, OwnFilesError, FileError, LeftBehindError
 */
export async function changeBoard(
  files: BoardFiles,
  { fitting, fresh, before, keep, target }: Change,
  options: ChangeOptions,
  record: { readonly begin: () => Promise<void>; readonly undone: () => Promise<void> },
): Promise<void> {
  const staying = before.filter((p) => keep.some((k) => k.id === p.id));
  checkOwners(staying, fitting, target);
  const items = itemsOf(fitting, target);
  const placed = fresh.flatMap((p) => p.files);
  const going = goingFiles(before, keep);
  const paths = placed.map((f) => f.path);
  const known = new Set([
    ...paths,
    ...going,
    ...staying.flatMap((p) => p.files.map((f) => f.path)),
  ]);
  const shadows = paths.flatMap((path) => shadowOf(path) ?? []).filter((s) => !known.has(s));
  const now = await lookAt(files, [...paths, ...going, ...shadows], options.signal);
  const coming = new Map(placed.map((f) => [f.path, f.sha256]));
  const own = ownFiles(now.keys(), now, before, coming);
  if (own.length > 0 && !options.replace) throw new OwnFilesError(own);
  await record.begin();
  try {
    await placeFiles(files, items, placed, now, target, options);
  } catch (error) {
    if (!(error instanceof LeftBehindError)) await record.undone();
    throw error;
  }
  const inTheWay = shadows.filter((path) => now.get(path) !== undefined);
  const there = going.filter((path) => now.get(path) !== undefined);
  // Cannot be cancelled from here on: a half-finished change would be neither the old state nor the new one.
  const same = await sameAsWritten(files, [...there, ...inTheWay], paths);
  await removeFiles(
    files,
    [...there, ...inTheWay].filter((path) => !same.has(path)),
  );
}

/** Removes the packages that are in `before` but not in `keep`. @throws OwnFilesError */
export async function removeFromBoard(
  files: BoardFiles,
  before: readonly InstalledPackage[],
  keep: readonly InstalledPackage[],
  options: ChangeOptions,
): Promise<void> {
  const going = goingFiles(before, keep);
  const now = await lookAt(files, going, options.signal);
  const own = ownFiles(going, now, before, new Map());
  if (own.length > 0 && !options.replace) throw new OwnFilesError(own);
  const there = going.filter((path) => now.get(path) !== undefined);
  await removeFiles(files, there, options.signal);
}
