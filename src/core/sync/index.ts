import type { BoardFiles } from '../boardFiles';
import { commonRoot, readBoardTree } from './boardTree';
import { hostNames } from './hostNames';
import { BUILT_IN_IGNORES, IgnoreRules } from './ignoreRules';
import { scanFolder, type FolderScan } from './folderScan';
import type { LocalFs } from './localFs';
import { WHOLE_FOLDER, type Mapping } from './mapping';
import type { HostNames, LocalTree, RemoteTree, SyncMode, SyncPlan, SyncRules } from './model';
import { plan } from './planner';
import { keepStartLines } from './startLines';
import { folderRules } from './rules';

/** What a sync between one workspace folder and one board is made from. */
export interface FolderSync {
  readonly files: BoardFiles;
  readonly localFs: LocalFs;
  /** Absolute, `/` between parts. */
  readonly folder: string;
  /** Those for this board; none: the folder is the board. */
  readonly mappings: readonly Mapping[];
  /** The user's settings, in gitignore syntax. */
  readonly ignore: readonly string[];
  readonly protect: readonly string[];
  readonly host?: HostNames;
}

export interface Prepared {
  readonly local: LocalTree;
  readonly remote: RemoteTree;
  readonly rules: SyncRules;
}

/** Looks at the folder and at the board: two round trips, and one more for a start file with the agent's lines. */
export async function prepareFolder(sync: FolderSync, signal?: AbortSignal): Promise<Prepared> {
  const scan = await scanSync(sync, signal);
  const rules = folderRules(sync.folder, scan, sync.protect, sync.host ?? hostNames());
  return readSides(sync.files, sync.localFs, scan.tree, rules, signal);
}

/** The folder alone, when the board need not be asked. */
export function scanSync(
  sync: Omit<FolderSync, 'files'>,
  signal?: AbortSignal,
): Promise<FolderScan> {
  const ignores = IgnoreRules.parse([...BUILT_IN_IGNORES, ...sync.ignore]);
  const mappings = sync.mappings.length > 0 ? sync.mappings : WHOLE_FOLDER;
  return scanFolder(sync.localFs, sync.folder, { mappings, ignores }, signal);
}

/** Adds the board's part, for any source of local files. */
export async function readSides(
  files: BoardFiles,
  localFs: LocalFs,
  local: LocalTree,
  rules: SyncRules,
  signal?: AbortSignal,
): Promise<Prepared> {
  const sizes = new Map(local.files.map((file) => [file.board, file.size]));
  const remote = await readBoardTree(files, commonRoot(rules.roots), sizes, signal);
  return keepStartLines({ local, remote, rules }, files, localFs, signal);
}

/** What a sync of the folder would do. */
export async function planFolder(
  sync: FolderSync,
  mode: SyncMode,
  signal?: AbortSignal,
): Promise<SyncPlan> {
  const { local, remote, rules } = await prepareFolder(sync, signal);
  return plan(local, remote, mode, rules);
}
