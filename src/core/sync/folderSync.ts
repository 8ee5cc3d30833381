import type { BoardFiles, WalkEntry } from '../boardFiles';
import { parentsOf } from './boardPath';
import { commonRoot, HASHED_AT_ONCE, walkOrEmpty, withHashes } from './boardListing';
import { underWantedNames, withoutDoubles } from './caseless';
import { hostNames, type HostNames } from '../files';
import { BUILT_IN_IGNORES, IgnoreRules } from './ignoreRules';
import { resolveMappings, scanFolder } from './folderScan';
import type { LocalFs } from './localFs';
import { wholeFolder, type Mapping } from './mapping';
import type { LocalTree, RemoteTree, SyncMode, SyncPlan, SyncRules } from './model';
import { plan } from './planner';
import { sidesWithStartLines } from './startLineSides';
import { folderRules } from './rules';

/** Input of a sync between a workspace folder and a board. */
export interface FolderSync {
  readonly files: BoardFiles;
  readonly localFs: LocalFs;
  /** Absolute, `/` between parts. */
  readonly folder: string;
  /** The mappings for this board. Without any, the whole folder maps to the board. */
  readonly mappings: readonly Mapping[];
  /** The folder of the files on a board without mappings, if known. */
  readonly home?: string;
  /** The user's settings, in gitignore syntax. */
  readonly ignore: readonly string[];
  readonly protect: readonly string[];
  readonly host?: HostNames;
  readonly transform?: TransformTree;
}

/** Transforms the files for the board before the comparison, for example compiles them. */
export type TransformTree = (local: LocalTree, remote: readonly WalkEntry[]) => Promise<LocalTree>;

/** Both sides of a sync, and its rules. */
export interface Prepared {
  readonly local: LocalTree;
  readonly remote: RemoteTree;
  readonly rules: SyncRules;
}

/** Scans the folder and the board in parallel: two round trips, and one more for a start file with the agent's lines. */
export async function prepareFolder(sync: FolderSync, signal?: AbortSignal): Promise<Prepared> {
  const { files, localFs, folder } = sync;
  const wanted = sync.mappings.length > 0 ? sync.mappings : wholeFolder(sync.home ?? '/');
  const mappings = await resolveMappings(localFs, folder, wanted);
  const ignores = IgnoreRules.parse([...BUILT_IN_IGNORES, ...sync.ignore]);
  const places = mappings.map(({ to, isFile }) => (isFile ? (parentsOf(to)[0] ?? '/') : to));
  const [scan, entries] = await Promise.all([
    scanFolder(localFs, folder, { mappings, ignores }, signal),
    walkOrEmpty(files, commonRoot(places), signal, HASHED_AT_ONCE),
  ]);
  if (sync.mappings.length === 0 && sync.home === undefined && !hasRootFile(entries)) {
    // The root holds only folders: they may be file systems, without one at the root itself.
    const { home } = await files.places(signal);
    if (home !== '/') return prepareFolder({ ...sync, home }, signal);
  }
  const rules = folderRules(folder, scan, sync.protect, sync.host ?? hostNames());
  return finish(sync, scan.tree, entries, rules, signal);
}

function hasRootFile(entries: readonly WalkEntry[]): boolean {
  return entries.some((entry) => entry.type === 'file' && entry.path.lastIndexOf('/') === 0);
}

/** Does the same for the files of a device file, whose rules cover the whole board. */
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
  const wanted = transform ? await transform(scanned, entries) : scanned;
  const local = await withoutDoubles(files, wanted, entries, signal);
  const names = [...local.files.map((file) => file.board), ...local.dirs];
  const named = await underWantedNames(files, names, entries, signal);
  const sizes = new Map(local.files.map((file) => [file.board, file.size]));
  const remote = await withHashes(files, named, sizes, signal);
  return sidesWithStartLines({ local, remote, rules }, files, localFs, signal);
}

/** Plans a sync of the folder. `keep` adds rules for files that must stay on the board. */
export async function planFolder(
  sync: FolderSync & { readonly keep?: (rules: SyncRules) => SyncRules },
  mode: SyncMode,
  signal?: AbortSignal,
): Promise<SyncPlan> {
  const { local, remote, rules } = await prepareFolder(sync, signal);
  return plan(local, remote, mode, sync.keep?.(rules) ?? rules);
}
