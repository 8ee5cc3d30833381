import * as l10n from '@vscode/l10n';
import type { BoardFiles, WriteItem } from '../boardFiles';
import { throwIfAborted } from '../async';
import { UsageError } from '../errors';
import type { LocalFs } from './localFs';
import { boardSide, localSide, type Side } from './sides';
import type { UndoEntry, UndoRecord, UndoStore } from './undoStore';

/** The files and records that an undo uses. */
export interface UndoOptions {
  readonly files: BoardFiles;
  readonly localFs: LocalFs;
  readonly undo: UndoStore;
  readonly board: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number, path: string) => void;
}

/** The result of an undo. */
export interface UndoResult {
  readonly record: UndoRecord;
  /** Paths whose old content was restored, or whose file or folder was moved back. */
  readonly restored: readonly string[];
  /** Paths that the sync or upload had added and undo has deleted. */
  readonly removed: readonly string[];
  /** Paths left as they are, because they changed since the sync or their old content was lost. */
  readonly left: readonly string[];
}

/**
 * Undoes the last sync, upload, deletion, copy or move of a board. Files that have changed since then are left alone and reported,
 * and a file or folder is not moved back over another one. A record is removed once all its files are restored.
 * @throws UsageError when there is nothing to undo
 */
export async function undoLast(options: UndoOptions): Promise<UndoResult> {
  const record = await options.undo.last(options.board);
  if (!record)
    throw new UsageError(l10n.t('Nothing on this board can be undone'), {
      hint: l10n.t(
        'Syncs, uploads and deletions of this computer can, the last ten of each board.',
      ),
    });
  const side = record.mode === 'pull' ? localSide(options.localFs) : boardSide(options.files);
  // First, because the files that a move replaced can be restored only after it is undone.
  const back = await undoMoves(record, side, options.signal);
  const steps = await sort(record, side, options);
  await bringBack(steps.restore, side, options);
  const gone = paths(steps.remove);
  const same = await side.sameAsWritten(gone, paths(steps.restore), options.signal);
  for (const { path } of steps.remove) {
    throwIfAborted(options.signal);
    if (same.has(path)) continue;
    await side.removeFile(path, options.signal);
  }
  await undoNames(record, steps, side, options.signal);
  await undoDirs(record, side, options.signal);
  await options.undo.forget(record);
  const { restore, left } = steps;
  return { record, restored: [...paths(restore), ...back], removed: gone, left: paths(left) };
}

function paths(entries: readonly UndoEntry[]): string[] {
  return entries.map((e) => e.path);
}

/** Moves back what was moved, the last one first. Returns the paths that exist again. */
async function undoMoves(
  { moves = [] }: UndoRecord,
  side: Side,
  signal: AbortSignal | undefined,
): Promise<string[]> {
  const back: string[] = [];
  for (const { from, to } of [...moves].reverse()) {
    throwIfAborted(signal);
    if (await side.moveBack(to, from, signal)) back.push(from);
  }
  return back;
}

/** Restores the board's old spellings of names. A file that has changed since then keeps its name. */
async function undoNames(
  { renames = [] }: UndoRecord,
  { left }: Steps,
  side: Side,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (const { from, to } of [...renames].reverse()) {
    if (!left.some((entry) => entry.path === to)) await side.rename(to, from, signal);
  }
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

async function bringBack(entries: readonly UndoEntry[], side: Side, options: UndoOptions) {
  if (entries.length === 0) return;
  const items = entries.map(({ path, before }): WriteItem => {
    return { path, content: () => kept(options.undo, path, before) };
  });
  await side.writeMany(items, { signal: options.signal, onProgress: options.onProgress });
}

async function kept(undo: UndoStore, path: string, hash: string | null): Promise<Uint8Array> {
  const content = hash === null ? undefined : await undo.content(hash);
  if (!content)
    throw new UsageError(l10n.t('The old content of {0} was deleted from the undo history', path));
  return content;
}

/** Removes the folders that the sync created if they are empty, and restores those that it deleted. */
async function undoDirs(record: UndoRecord, side: Side, signal: AbortSignal | undefined) {
  for (const dir of [...record.removedDirs].reverse()) await side.makeDir(dir, signal);
  for (const dir of [...record.madeDirs].reverse()) await side.removeEmptyDir(dir, signal);
}
