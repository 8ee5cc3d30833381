import type { BoardFiles } from '../boardFiles';
import { FileError } from '../errors';
import {
  addedPaths,
  hashIfPossible,
  type KeepOptions,
  missingFolders,
  recorded,
  recordOf,
} from './keepCopy';
import type { UndoEntry, UndoRecord } from './undoStore';

/** A file or folder of a board and its new place there. */
export interface Placement {
  readonly from: string;
  readonly to: string;
}

/**
 * Copies files and folders on the board itself. A record for undoLast is saved first, and the content of the files that they replace
 * is kept. Nothing else is read from the board, which hashes the files.
 * @returns the number of replaced files; undefined: the firmware cannot hash files, so no copy was kept
 */
export async function copyKept(
  options: KeepOptions,
  placements: readonly (Placement & { readonly type: 'file' | 'dir' })[],
): Promise<number | undefined> {
  const { files, signal } = options;
  const copies = await filesOf(files, placements, signal);
  const hashes = await hashIfPossible(options, [
    ...copies.map(({ from }) => from),
    ...copies.map(({ to }) => to),
  ]);
  const copyAll = async () => {
    for (const { from, to } of placements) await files.copy(from, to, { overwrite: true, signal });
  };
  if (!hashes) {
    await copyAll();
    return undefined;
  }
  const entries = copies.flatMap(({ to }, i): UndoEntry[] => {
    const [after, before] = [hashes[i] ?? null, hashes[copies.length + i] ?? null];
    return after === before ? [] : [{ path: to, before, after }];
  });
  if (entries.length === 0) {
    await copyAll(); // of empty folders, or identical files
    return 0;
  }
  const known = copies.filter((_, i) => hashes[copies.length + i] !== undefined);
  const madeDirs = await missingFolders(
    options,
    addedPaths(entries),
    known.map(({ to }) => to),
  );
  const record = await recorded(options, { ...recordOf(options, entries), madeDirs });
  await copyAll();
  return record.entries.filter(({ before }) => before !== null).length;
}

/** Returns the files of files and folders, with their new places. */
async function filesOf(
  files: BoardFiles,
  placements: readonly (Placement & { readonly type: 'file' | 'dir' })[],
  signal: AbortSignal | undefined,
): Promise<Placement[]> {
  const all: Placement[] = [];
  for (const { from, to, type } of placements) {
    if (type === 'file') all.push({ from, to });
    else {
      const inside = await files.walk(from, { signal });
      const found = inside.filter((entry) => entry.type === 'file');
      all.push(...found.map(({ path }) => ({ from: path, to: to + path.slice(from.length) })));
    }
  }
  return all;
}

/**
 * Renames, or moves, files and folders on the board, also to another file system of it. A record for undoLast is saved first, and the
 * content of the files that they replace is kept. Only a replaced file costs more than the move itself.
 * @returns the number of replaced files; undefined: the firmware cannot hash files, so no copy was kept of those that were replaced
 * @throws FileError, also if a folder that is not empty has the new name
 */
export async function moveKept(
  options: KeepOptions,
  placements: readonly Placement[],
): Promise<number | undefined> {
  const { files, undo, signal } = options;
  let record: UndoRecord = { ...recordOf(options, []), moves: placements };
  await undo.save(record);
  const taken: Placement[] = [];
  let moved = 0;
  try {
    for (const { from, to } of placements) {
      try {
        await moveOnBoard(files, from, to, { signal });
        moved++;
      } catch (error) {
        if (!isTaken(error)) throw error;
        taken.push({ from, to });
      }
    }
    if (taken.length === 0) return 0;
    const paths = taken.map(({ to }) => to);
    const hashes = await hashIfPossible(options, paths);
    if (hashes) {
      const entries = paths.flatMap((path, i): UndoEntry[] => {
        const before = hashes[i];
        return before === undefined ? [] : [{ path, before, after: null }];
      });
      const removedDirs = paths.filter((_, i) => hashes[i] === undefined);
      const full = await recorded(options, { ...record, entries, removedDirs }).catch(
        async (error: unknown) => {
          if (moved > 0) await undo.save(record);
          throw error;
        },
      );
      record = full;
    }
    for (const [i, { from, to }] of taken.entries()) {
      if (hashes && hashes[i] === undefined) await refuseFull(files, from, to, signal);
      await moveOnBoard(files, from, to, { overwrite: true, signal });
      moved++;
    }
    return hashes ? record.entries.length : undefined;
  } catch (error) {
    // Nothing was moved, so this is not the next to be undone. If the connection was lost, something may have been.
    if (moved === 0 && error instanceof FileError) await undo.forget(record);
    throw error;
  }
}

/** Lets the board refuse to replace the folder `to`, unless it is empty. A move to another file system would merge the two. */
async function refuseFull(
  files: BoardFiles,
  from: string,
  to: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const inside = await files.list(to, signal);
  if (inside.length > 0) await files.rename(from, to, { overwrite: true, signal });
}

function isTaken(error: unknown): boolean {
  return error instanceof FileError && error.errno === 'EEXIST';
}

/** Renames a file or folder of the board; to another file system, it copies and then removes. @throws FileError */
export async function moveOnBoard(
  files: BoardFiles,
  from: string,
  to: string,
  options: { readonly overwrite?: boolean; readonly signal?: AbortSignal | undefined } = {},
): Promise<void> {
  try {
    await files.rename(from, to, options);
  } catch (error) {
    // MicroPython refuses to rename between file systems with EPERM. They are mounted at top-level folders.
    const top = (path: string) => path.split('/')[1];
    const isRefused =
      error instanceof FileError && !['ENOENT', 'EEXIST', 'EISDIR'].includes(error.errno);
    if (!isRefused || top(from) === top(to)) throw error;
    await files.copy(from, to, options);
    await files.remove(from, { recursive: true, signal: options.signal });
  }
}
