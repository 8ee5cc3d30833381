import * as l10n from '@vscode/l10n';
import { bytesText } from '../board';
import type { BoardFiles, Space } from '../boardFiles';
import { FileError } from '../errors';
import { parentsOf } from './boardPath';
import type { SyncAction } from './model';
import { isMissing } from '../files';

/** Writes come first, unless they need the space of the deleted files. */
export type Order = 'writesFirst' | 'deletionsFirst';

/**
 * Checks that the board has room for the writes before the first byte is sent. Content bytes are the minimum that the files take,
 * so a sync that is refused here could not have succeeded.
 * @throws FileError ENOSPC
 */
export async function checkSpace(
  files: BoardFiles,
  actions: readonly SyncAction[],
  boardDirs: readonly string[],
  signal?: AbortSignal,
): Promise<Order> {
  const writes = actions.filter((a) => a.kind !== 'delete' && a.side === 'board');
  const volumeOf = volumesOf(writes, boardDirs);
  let order: Order = 'writesFirst';
  for (const { space, group } of await volumes(files, writes, volumeOf, signal)) {
    const needed = peak(group);
    if (needed <= space.free) continue;
    const paths = new Set(group.map((a) => volumeOf(a.path)));
    const freed = actions
      .filter((a) => a.kind === 'delete' && paths.has(volumeOf(a.path)))
      .reduce((sum, a) => sum + (a.oldSize ?? 0), 0);
    if (needed > space.free + freed) throw noSpace(group, needed, space);
    order = 'deletionsFirst';
  }
  return order;
}

/** Returns the peak of used bytes: a file exists twice until the new one replaces the old one. */
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

/** Groups the writes by file system: a board may have `/flash` and `/sd`. Folders with equal figures are one file system. */
async function volumes(
  files: BoardFiles,
  writes: readonly SyncAction[],
  volumeOf: (path: string) => string,
  signal: AbortSignal | undefined,
): Promise<Volume[]> {
  const byFolder = new Map<string, SyncAction[]>();
  for (const action of writes) {
    const folder = volumeOf(action.path);
    byFolder.set(folder, [...(byFolder.get(folder) ?? []), action]);
  }
  const found: Volume[] = [];
  for (const [folder, group] of byFolder) {
    const space = await spaceAt(files, folder, signal);
    const same = found.find((v) => v.space.total === space.total && v.space.free === space.free);
    if (same) same.group.push(...group);
    else found.push({ space, group });
  }
  return found;
}

/**
 * Returns a function that maps a path to the folder of its file system. File systems are mounted at the root or one folder below it,
 * so a top folder that does not exist on the board is not one. If all writes go into one top folder, it counts even if it was not
 * listed: a sync that is limited to a folder lists nothing above it.
 */
function volumesOf(
  writes: readonly SyncAction[],
  boardDirs: readonly string[],
): (path: string) => string {
  const topOf = (path: string) => parentsOf(path).at(-1);
  const tops = new Set(writes.map((a) => topOf(a.path)));
  const known = new Set([...boardDirs, ...(tops.size === 1 ? tops : [])]);
  return (path) => {
    const top = topOf(path);
    return top !== undefined && known.has(top) ? top : '/';
  };
}

/** Returns the space at a folder. A folder that does not exist yet will be created on the root's file system. */
async function spaceAt(
  files: BoardFiles,
  folder: string,
  signal: AbortSignal | undefined,
): Promise<Space> {
  try {
    return await files.space(folder, signal);
  } catch (error) {
    if (!isMissing(error)) throw error;
    return files.space('/', signal);
  }
}

function noSpace(group: readonly SyncAction[], needed: number, space: Space): FileError {
  const path = group[0]?.path ?? '/';
  const message = l10n.t(
    'The board has {0} free, and the sync needs {1}',
    bytesText(space.free),
    bytesText(needed),
  );
  return new FileError('ENOSPC', path, message, {
    hint: l10n.t(
      'Nothing was changed. Delete files on the board, select fewer files, or exclude some with .mpyignore.',
    ),
  });
}
