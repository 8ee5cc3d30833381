import type { BoardFiles, WriteItem } from '../boardFiles';
import { FileError } from '../errors';
import { isStartFile } from '../files';
import { sha256 } from '../hash';
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
}

/**
 * Compares items with the board's files, and keeps a copy of every file that they replace for undoLast, before the first one is
 * written. Only files whose content differs are read from the board. New files cost one round trip for all of them.
 * Firmware that cannot hash files gets all items, and no copies are kept.
 */
export async function keepBefore(options: KeepOptions, items: readonly WriteItem[]): Promise<Kept> {
  const written = () => Promise.resolve();
  if (items.length === 0) return { changed: items, replaced: 0, written };
  const paths = items.map((i) => i.path);
  const before = await hashIfPossible(options, paths);
  if (!before) return { changed: items, replaced: undefined, written };
  const replaced: { path: string; before: string; after: string }[] = [];
  const changed: WriteItem[] = [];
  for (const [i, item] of items.entries()) {
    const { path, content } = item;
    const old = before[i];
    const after =
      old === undefined ? '' : sha256(typeof content === 'function' ? await content() : content);
    if (after === old) continue;
    changed.push(item);
    if (old !== undefined) replaced.push({ path, before: old, after });
  }
  if (replaced.length === 0) return { changed, replaced: 0, written };
  const record = await recorded(options, recordOf(options, replaced));
  const { entries } = record;
  return {
    changed,
    replaced: entries.length,
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
  };
}

/**
 * Calls `write` with the items that differ from the board's files, if there are any, and keeps a copy of every replaced file;
 * see keepBefore.
 * @returns the number of replaced files
 */
export async function keepReplaced(
  options: KeepOptions,
  items: readonly WriteItem[],
  write: (changed: readonly WriteItem[]) => Promise<void>,
): Promise<number> {
  const { changed, replaced = 0, written } = await keepBefore(options, items);
  if (changed.length > 0) await write(changed);
  await written();
  return replaced;
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
async function hashIfPossible({ files, signal }: KeepOptions, paths: readonly string[]) {
  return files.hash(paths, signal).catch((error: unknown) => {
    if (error instanceof FileError && error.errno === 'ENOSYS') return undefined;
    throw error;
  });
}

/**
 * Saves a record and the copies that it needs, and returns it as saved. It is saved before the copies, because the record of
 * another board, or another process, removes content without a record; and after them, before the board changes, because the
 * connection may be lost in the middle. If a copy cannot be kept, no record stays, because nothing changes on the board then.
 */
async function recorded(options: KeepOptions, planned: UndoRecord): Promise<UndoRecord> {
  const { undo } = options;
  await undo.save(planned);
  const entries = await keep(options, planned.entries).catch(async (error: unknown) => {
    await undo.forget(planned);
    throw error;
  });
  const record = { ...planned, entries };
  await undo.save(record);
  return record;
}

/** Reads the current content of the board. The hash of what was read counts, because a file may have changed since it was hashed. */
async function keep(
  { files, undo, signal }: KeepOptions,
  entries: readonly UndoEntry[],
): Promise<UndoEntry[]> {
  const read = new Map<string, string>();
  const take = async (content: Uint8Array, path: string) => {
    await undo.keep(content);
    read.set(path, sha256(content));
  };
  if (entries.length > 0) await files.readMany(entries, take, { signal });
  return entries.map((e) => ({ ...e, before: read.get(e.path) ?? e.before }));
}

function recordOf(options: KeepOptions, entries: readonly UndoEntry[]): UndoRecord {
  const { board } = options;
  const time = options.now();
  return { version: 1, board, mode: 'push', time, entries, madeDirs: [], removedDirs: [] };
}
