import type { BoardFiles, WalkEntry } from '../boardFiles';
import type { InstalledPackage } from '../packages/install';
import { keepPackages } from '../packages/installed';
import { parentsOf } from './boardPath';
import { commonRoot, HASHED_AT_ONCE, walkOrEmpty, withHashes } from './boardTree';
import { hostNames } from './hostNames';
import { BUILT_IN_IGNORES, IgnoreRules } from './ignoreRules';
import { resolveMappings, scanFolder } from './folderScan';
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
  readonly transform?: TransformTree;
}

/** Changes what the computer wants on the board, before it is compared: compiles it. */
export type TransformTree = (local: LocalTree, remote: readonly WalkEntry[]) => Promise<LocalTree>;

export interface Prepared {
  readonly local: LocalTree;
  readonly remote: RemoteTree;
  readonly rules: SyncRules;
}

/**
 * Looks at the folder and, meanwhile, at the board: two round trips, and one more for a start file with the agent's lines.
 */
export async function prepareFolder(sync: FolderSync, signal?: AbortSignal): Promise<Prepared> {
  const { files, localFs, folder } = sync;
  const wanted = sync.mappings.length > 0 ? sync.mappings : WHOLE_FOLDER;
  const mappings = await resolveMappings(localFs, folder, wanted);
  const ignores = IgnoreRules.parse([...BUILT_IN_IGNORES, ...sync.ignore]);
  const places = mappings.map(({ to, isFile }) => (isFile ? (parentsOf(to)[0] ?? '/') : to));
  const [scan, entries] = await Promise.all([
    scanFolder(localFs, folder, { mappings, ignores }, signal),
    walkOrEmpty(files, commonRoot(places), signal, HASHED_AT_ONCE),
  ]);
  const rules = folderRules(folder, scan, sync.protect, sync.host ?? hostNames());
  return finish(sync, scan.tree, entries, rules, signal);
}

/** The same for files that come from a device file, whose rules cover the whole board. */
export async function prepareTree(
  sync: Pick<FolderSync, 'files' | 'localFs' | 'transform'>,
  local: LocalTree,
  rules: SyncRules,
  signal?: AbortSignal,
): Promise<Prepared> {
  const entries = await walkOrEmpty(sync.files, commonRoot(rules.roots), signal, HASHED_AT_ONCE);
  return finish(sync, local, entries, rules, signal);
}

async function finish(
  { files, localFs, transform }: Pick<FolderSync, 'files' | 'localFs' | 'transform'>,
  scanned: LocalTree,
  entries: readonly WalkEntry[],
  rules: SyncRules,
  signal: AbortSignal | undefined,
): Promise<Prepared> {
  const local = transform ? await transform(scanned, entries) : scanned;
  const sizes = new Map(local.files.map((file) => [file.board, file.size]));
  const remote = await withHashes(files, entries, sizes, signal);
  return keepStartLines({ local, remote, rules }, files, localFs, signal);
}

/** What a sync of the folder would do; packages that are `installed` on the board stay there. */
export async function planFolder(
  sync: FolderSync & { readonly installed?: readonly InstalledPackage[] },
  mode: SyncMode,
  signal?: AbortSignal,
): Promise<SyncPlan> {
  const { local, remote, rules } = await prepareFolder(sync, signal);
  return plan(local, remote, mode, keepPackages(rules, sync.installed ?? []));
}
