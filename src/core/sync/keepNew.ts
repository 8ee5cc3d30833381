import type { NewFiles, TransferOptions, WriteItem } from '../boardFiles';
import { sha256 } from '../hash';
import { parentsOf } from './boardPath';
import { keepBefore, type KeepOptions, recordOf, writeRecorded } from './keepCopy';
import type { UndoEntry } from './undoStore';

type Progress = Pick<TransferOptions, 'onProgress'>;

/**
 * Writes small files at whose paths nothing is, in one round trip, and records for undoLast which files and folders are new.
 *
 * The record is saved after that round trip, because only its answer says what was new: a record that called a file new which the
 * board had before would let undo remove it. An upload whose answer is lost therefore has no record. That loses no file: what it
 * has written stays at the next undo.
 * @returns true if all were written; otherwise what is at each path, if the board has said so
 * @throws FileError naming the file that cannot be written, after those before it were recorded
 */
export async function writeIfNew(
  options: KeepOptions & Progress,
  items: readonly WriteItem[],
): Promise<true | NewFiles['there'] | undefined> {
  const { files, undo, signal, onProgress } = options;
  if (!files.writeNew || items.length === 0) return undefined;
  await undo.requireWritable();
  const result = await files.writeNew(items, { signal, ...(onProgress && { onProgress }) });
  if (!result) return undefined;
  const { there, written, madeDirs, failed } = result;
  const entries = items.flatMap(({ path, content }): UndoEntry[] =>
    written.has(path) && typeof content !== 'function'
      ? [{ path, before: null, after: sha256(content) }]
      : [],
  );
  if (entries.length > 0) {
    const above = new Set(entries.flatMap(({ path }) => parentsOf(path)));
    const made = madeDirs.filter((folder) => above.has(folder));
    await undo.save({ ...recordOf(options, entries), madeDirs: made });
  }
  if (failed) throw failed;
  return entries.length > 0 || there;
}

/**
 * Writes items, records what is new, and keeps a copy of every file that they replace; see keepBefore. Calls `write` with the items
 * that differ from the board's files, unless they are new and small; see writeIfNew.
 * @returns the number of replaced files
 */
export async function keepReplaced(
  options: KeepOptions & Progress,
  items: readonly WriteItem[],
  write: (changed: readonly WriteItem[]) => Promise<void>,
): Promise<number> {
  const there = await writeIfNew(options, items);
  if (there === true) return 0;
  const kept = await keepBefore(options, items, there);
  await writeRecorded(kept, write);
  return kept.replaced ?? 0;
}
