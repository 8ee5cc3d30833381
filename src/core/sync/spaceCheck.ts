import type { BoardFiles, Space } from '../boardFiles';
import { FileError } from '../errors';
import { parentsOf } from './boardPath';
import type { SyncAction } from './model';

/** Deletions come last, unless there is no room without them. */
export type Order = 'writesFirst' | 'deletionsFirst';

/**
 * Whether the board has room for the writes, before the first byte goes out. Counted in bytes of content, which is the
 * least that they take: what is refused here could not have worked.
 * @throws FileError ENOSPC
 */
export async function checkSpace(
  files: BoardFiles,
  actions: readonly SyncAction[],
  boardDirs: readonly string[],
  signal?: AbortSignal,
): Promise<Order> {
  const writes = actions.filter((a) => a.kind !== 'delete' && a.side === 'board');
  let order: Order = 'writesFirst';
  for (const { space, group } of await volumes(files, writes, boardDirs, signal)) {
    const needed = peak(group);
    if (needed <= space.free) continue;
    const paths = new Set(group.map((a) => volumeOf(a.path, boardDirs)));
    const freed = actions
      .filter((a) => a.kind === 'delete' && paths.has(volumeOf(a.path, boardDirs)))
      .reduce((sum, a) => sum + (a.oldSize ?? 0), 0);
    if (needed > space.free + freed) throw noSpace(group, needed, space);
    order = 'deletionsFirst';
  }
  return order;
}

/** Most bytes taken at any moment: each file is there twice until the new one replaces the old. */
function peak(writes: readonly SyncAction[]): number {
  let used = 0;
  let most = 0;
  for (const { size, oldSize } of writes) {
    used += size;
    most = Math.max(most, used);
    used -= oldSize ?? 0;
  }
  return most;
}

interface Volume {
  readonly space: Space;
  readonly group: SyncAction[];
}

/** The writes by file system: a board may have `/flash` and `/sd`. Equal figures are the same file system. */
async function volumes(
  files: BoardFiles,
  writes: readonly SyncAction[],
  boardDirs: readonly string[],
  signal: AbortSignal | undefined,
): Promise<Volume[]> {
  const byFolder = new Map<string, SyncAction[]>();
  for (const action of writes) {
    const folder = volumeOf(action.path, boardDirs);
    byFolder.set(folder, [...(byFolder.get(folder) ?? []), action]);
  }
  const found: Volume[] = [];
  for (const [folder, group] of byFolder) {
    const space = await files.space(folder, signal);
    const same = found.find((v) => v.space.total === space.total && v.space.free === space.free);
    if (same) same.group.push(...group);
    else found.push({ space, group });
  }
  return found;
}

/** File systems are mounted at the root or one folder below it. */
function volumeOf(path: string, boardDirs: readonly string[]): string {
  const top = parentsOf(path).at(-1);
  return top !== undefined && boardDirs.includes(top) ? top : '/';
}

function noSpace(group: readonly SyncAction[], needed: number, space: Space): FileError {
  const path = group[0]?.path ?? '/';
  const message = `The board has ${space.free} bytes free, and the sync needs ${needed}`;
  return new FileError('ENOSPC', path, message, {
    hint: 'Nothing was changed. Delete files on the board, choose fewer files, or leave some out with .mpyignore.',
  });
}
