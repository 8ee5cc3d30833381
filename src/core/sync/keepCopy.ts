import type { BoardFiles, NewFiles, WriteItem } from '../boardFiles';
import { FileError } from '../errors';
import { isMissing, isStartFile } from '../files';
import { sha256 } from '../hash';
import { parentsOf } from './boardPath';
import type { UndoEntry, UndoRecord, UndoStore } from './undoStore';

/** The board and the store for copies. */
export interface KeepOptions {
  readonly files: BoardFiles;
  readonly undo: UndoStore;
  /** Key of the board in the undo store: its uid, else its id. */
  readonly board: string;
  /** Milliseconds since 1970. */
  now(): number;
  readonly signal?: AbortSignal | undefined;
}

/** What was kept before files are replaced. */
export interface Kept {
  /** The items that differ from the board's files. */
  readonly changed: readonly WriteItem[];
  /** The number of files that the items replace; undefined: the firmware cannot hash files, so no copy was kept. */
  readonly replaced: number | undefined;
  /** Completes the record with what is on the board now. Called once the items are written. */
  readonly written: () => Promise<void>;
  /** Drops the record. Called if the board rejected the items before it wrote any. */
  readonly rejected: () => Promise<void>;
}

/** Returns what was kept if there is no record. */
export function nothingKept(items: readonly WriteItem[], replaced: number | undefined): Kept {
  const nothing = () => Promise.resolve();
  return { changed: items, replaced, written: nothing, rejected: nothing };
}

/**
 * Compares items with the board's files, records which of them are new, and keeps a copy of every file that they replace, before
 * the first one is written; for undoLast. Only files whose content differs are read from the board. New files cost one round trip
 * for all of them, and one for each folder that may be new. Firmware that cannot hash files gets all items, without a record.
 * @param there what is at each path, if that is known
 */
export async function keepBefore(
  options: KeepOptions,
  items: readonly WriteItem[],
  there?: NewFiles['there'],
): Promise<Kept> {
  if (items.length === 0) return nothingKept(items, 0);
  const paths = items.map((i) => i.path);
  const before = there?.map((file) => file?.sha256) ?? (await hashIfPossible(options, paths));
  if (!before) return nothingKept(items, undefined);
  const planned: UndoEntry[] = [];
  const changed: WriteItem[] = [];
  for (const [i, item] of items.entries()) {
    const { path, content } = item;
    const old = before[i] ?? null;
    const after = sha256(typeof content === 'function' ? await content() : content);
    if (after === old) continue;
    changed.push(item);
    planned.push({ path, before: old, after });
  }
  if (planned.length === 0) return nothingKept(changed, 0);
  const known = paths.filter((_, i) => before[i] !== undefined);
  const madeDirs = await missingFolders(options, addedPaths(planned), known);
  const contents = paths.flatMap((path, i) => {
    const content = there?.[i]?.content;
    return content ? [[path, content] as const] : [];
  });
  const plan = { ...recordOf(options, planned), madeDirs };
  const record = await recorded(options, plan, new Map(contents));
  const { entries } = record;
  return {
    changed,
    replaced: entries.filter((e) => e.before !== null).length,
    // The transfer has verified each file. Only a start file may contain more than the given content: the lines that start the agent.
    written: async () => {
      const edited = entries.filter(({ path }) => isStartFile(path)).map(({ path }) => path);
      if (edited.length === 0) return;
      const now = await options.files.hash(edited, options.signal);
      const after = ({ path, after }: UndoEntry) =>
        edited.includes(path) ? (now[edited.indexOf(path)] ?? null) : after;
      await options.undo.save({
        ...record,
        entries: entries.map((e) => ({ ...e, after: after(e) })),
      });
    },
    rejected: () => options.undo.forget(record),
  };
}

/** Writes the items that differ, and completes or drops the record of them. @throws what `write` throws */
export async function writeRecorded(
  { changed, written, rejected }: Kept,
  write: (changed: readonly WriteItem[]) => Promise<void>,
): Promise<void> {
  if (changed.length === 0) return;
  try {
    await write(changed);
  } catch (error) {
    // A write is atomic. Of several files, some may have been written.
    if (changed.length === 1 && error instanceof FileError) await rejected();
    throw error;
  }
  await written();
}

/**
 * Deletes files and folders, and keeps a copy of their content for undoLast.
 * @param options `recursive: false` refuses folders that are not empty
 * @returns the number of files whose copy was kept; undefined: the firmware cannot hash files, so none was
 */
export async function keepDeleted(
  options: KeepOptions & { readonly recursive?: boolean },
  paths: readonly string[],
): Promise<number | undefined> {
  const { files, signal, recursive = true } = options;
  const found: { path: string; before: string; after: null }[] = [];
  const dirs: string[] = [];
  const removeAll = async () => {
    for (const path of paths) await files.remove(path, { recursive, signal });
  };
  const hashes = await hashIfPossible(options, paths);
  if (!hashes) {
    await removeAll();
    return undefined;
  }
  for (const [i, path] of paths.entries()) {
    const before = hashes[i];
    if (before !== undefined) {
      found.push({ path, before, after: null });
      continue;
    }
    await files.stat(path, signal); // a folder, or its error says what is wrong with the path
    dirs.push(path);
    if (!recursive) {
      // Refused before a record of it is made, which would be the next to be undone.
      if ((await files.list(path, signal)).length > 0) await files.remove(path, { signal });
      continue;
    }
    for (const entry of await files.walk(path, { hash: true, signal })) {
      if (entry.type === 'dir') dirs.push(entry.path);
      else if (entry.sha256) found.push({ path: entry.path, before: entry.sha256, after: null });
    }
  }
  // The innermost folders first, as in every record.
  const removedDirs = dirs.sort().reverse();
  const { entries } = await recorded(options, { ...recordOf(options, found), removedDirs });
  await removeAll();
  return entries.length;
}

/** Hashes files; undefined if the firmware cannot (some of CircuitPython). Undo could not compare them either. */
export async function hashIfPossible({ files, signal }: KeepOptions, paths: readonly string[]) {
  return files.hash(paths, signal).catch((error: unknown) => {
    if (error instanceof FileError && error.errno === 'ENOSYS') return undefined;
    throw error;
  });
}

/**
 * Saves a record and the copies that it needs, and returns the record as saved. The record is saved twice. The first time is
 * before the copies, because saving another record, for another board or in another process, removes content that no
 * record names. The second time is before the board changes, because the connection may be lost during the change. If a copy
 * cannot be kept, the record is removed, because nothing changes on the board then.
 */
export async function recorded(
  options: KeepOptions,
  planned: UndoRecord,
  contents?: ReadonlyMap<string, Uint8Array>,
): Promise<UndoRecord> {
  const { undo } = options;
  await undo.save(planned);
  if (planned.entries.every(({ before }) => before === null)) return planned;
  const entries = await keep(options, planned.entries, contents).catch(async (error: unknown) => {
    await undo.forget(planned);
    throw error;
  });
  const record = { ...planned, entries };
  await undo.save(record);
  return record;
}

/**
 * Reads the current content of the files that exist, except `contents`, which the board has just sent. The hash of what was read
 * counts, because a file may have changed since it was hashed.
 */
async function keep(
  { files, undo, signal }: KeepOptions,
  entries: readonly UndoEntry[],
  contents: ReadonlyMap<string, Uint8Array> = new Map(),
): Promise<UndoEntry[]> {
  const read = new Map<string, string>();
  const take = async (content: Uint8Array, path: string) => {
    await undo.keep(content);
    read.set(path, sha256(content));
  };
  const old = entries.filter(({ before }) => before !== null);
  const rest = old.filter(({ path }) => !contents.has(path));
  for (const { path } of old) {
    const content = contents.get(path);
    if (content) await take(content, path);
  }
  if (rest.length > 0) await files.readMany(rest, take, { signal });
  return entries.map((e) => ({ ...e, before: read.get(e.path) ?? e.before }));
}

/** Returns the paths of files that did not exist. */
export function addedPaths(entries: readonly UndoEntry[]): string[] {
  return entries.filter(({ before }) => before === null).map(({ path }) => path);
}

/**
 * Returns the folders of `added` files that do not exist, outer ones first. Those of `known` files and their parents exist, and what
 * is in a missing folder is missing too, so the board is asked about few of them.
 */
export async function missingFolders(
  { files, signal }: KeepOptions,
  added: readonly string[],
  known: readonly string[],
): Promise<string[]> {
  const exist = new Set(known.flatMap(parentsOf));
  const missing: string[] = [];
  for (const folder of [...new Set(added.flatMap(parentsOf))].sort()) {
    if (exist.has(folder)) continue;
    const isInMissing = missing.some((outer) => folder.startsWith(`${outer}/`));
    if (isInMissing || !(await isThere(files, folder, signal))) missing.push(folder);
  }
  return missing;
}

async function isThere(files: BoardFiles, path: string, signal?: AbortSignal): Promise<boolean> {
  try {
    await files.stat(path, signal);
    return true;
  } catch (error) {
    // Any other problem with the path is reported by the write.
    if (error instanceof FileError) return !isMissing(error);
    throw error;
  }
}

/** Returns a record of now. */
export function recordOf(options: KeepOptions, entries: readonly UndoEntry[]): UndoRecord {
  const { board } = options;
  const time = options.now();
  return { version: 1, board, mode: 'push', time, entries, madeDirs: [], removedDirs: [] };
}
