import type { BoardFiles, WriteItem } from '../boardFiles';
import { throwIfAborted } from '../async';
import { UsageError } from '../errors';
import type { LocalFs } from './localFs';
import { boardSide, localSide, type Side } from './sides';
import type { UndoEntry, UndoRecord, UndoStore } from './undoStore';

export interface UndoOptions {
  readonly files: BoardFiles;
  readonly localFs: LocalFs;
  readonly undo: UndoStore;
  readonly board: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number, path: string) => void;
}

export interface UndoResult {
  readonly record: UndoRecord;
  /** Paths that have their old content again. */
  readonly restored: readonly string[];
  /** Paths that the sync had added, now gone. */
  readonly removed: readonly string[];
  /** Paths that were changed since the sync (or whose old content was lost), left as they are. */
  readonly left: readonly string[];
}

/**
 * Takes back the last sync of a board. What has been changed since then is left alone and named. A record is done with
 * once all of it is back.
 * @throws UsageError when there is nothing to take back
 */
export async function undoLast(options: UndoOptions): Promise<UndoResult> {
  const record = await options.undo.last(options.board);
  if (!record) throw new UsageError('There is no sync of this board to undo');
  const side = record.mode === 'pull' ? localSide(options.localFs) : boardSide(options.files);
  const steps = await sort(record, side, options);
  await restore(steps.restore, side, options);
  for (const { path } of steps.remove) {
    throwIfAborted(options.signal);
    await side.removeFile(path, options.signal);
  }
  await undoDirs(record, side, options.signal);
  await options.undo.forget(record);
  const paths = (entries: readonly UndoEntry[]) => entries.map((e) => e.path);
  const { restore: back, remove, left } = steps;
  return { record, restored: paths(back), removed: paths(remove), left: paths(left) };
}

interface Steps {
  readonly restore: UndoEntry[];
  readonly remove: UndoEntry[];
  readonly left: UndoEntry[];
}

async function sort(record: UndoRecord, side: Side, options: UndoOptions): Promise<Steps> {
  const steps: Steps = { restore: [], remove: [], left: [] };
  const now = await side.hash(
    record.entries.map((e) => e.path),
    options.signal,
  );
  for (const [i, entry] of record.entries.entries()) {
    const current = now[i] ?? null;
    if (current === entry.before) continue;
    if (current !== entry.after) steps.left.push(entry);
    else if (entry.before === null) steps.remove.push(entry);
    else if (await options.undo.has(entry.before)) steps.restore.push(entry);
    else steps.left.push(entry);
  }
  return steps;
}

async function restore(entries: readonly UndoEntry[], side: Side, options: UndoOptions) {
  if (entries.length === 0) return;
  const items = entries.map(({ path, before }): WriteItem => {
    return { path, content: () => kept(options.undo, path, before) };
  });
  await side.writeMany(items, { signal: options.signal, onProgress: options.onProgress });
}

async function kept(undo: UndoStore, path: string, hash: string | null): Promise<Uint8Array> {
  const content = hash === null ? undefined : await undo.content(hash);
  if (!content) throw new UsageError(`The old content of ${path} is no longer kept`);
  return content;
}

/** Folders that the sync made go if nothing is left in them; those it deleted come back. */
async function undoDirs(record: UndoRecord, side: Side, signal: AbortSignal | undefined) {
  for (const dir of [...record.removedDirs].reverse()) await side.makeDir(dir, signal);
  for (const dir of [...record.madeDirs].reverse()) await side.removeEmptyDir(dir, signal);
}
