import type { BoardFiles } from '../boardFiles';
import { foldCase, type SyncRules } from '../sync';
import type { InstalledPackage } from './fetchPackages';

/** Records of the packages installed on each board, kept on this computer. The files on the board take precedence. */
export interface InstalledStore {
  load(uid: string): Promise<readonly InstalledPackage[]>;
  save(uid: string, packages: readonly InstalledPackage[]): Promise<void>;
}

/** An installed package, and whether its files are unchanged. */
export interface InstalledState extends InstalledPackage {
  readonly state: 'intact' | 'changed' | 'missing';
}

/** Adds `fresh` to the installed packages. It replaces an entry of the same id; a package that the user asked for stays marked so. */
export function mergeInstalled(
  old: readonly InstalledPackage[],
  fresh: readonly InstalledPackage[],
): InstalledPackage[] {
  const before = new Map(old.map((p) => [p.id, p]));
  for (const p of fresh) {
    before.set(p.id, { ...p, wanted: p.wanted || (before.get(p.id)?.wanted ?? false) });
  }
  return [...before.values()];
}

/** Compares the records with the board, in one round trip. */
export async function checkInstalled(
  files: BoardFiles,
  packages: readonly InstalledPackage[],
  signal?: AbortSignal,
): Promise<InstalledState[]> {
  const all = packages.flatMap((p) => p.files);
  const hashes = await files.hash(
    all.map((f) => f.path),
    signal,
  );
  const real = new Map(all.map((f, i) => [f.path, hashes[i]]));
  return packages.map((p) => {
    const missing = p.files.some((f) => real.get(f.path) === undefined);
    const changed = p.files.some((f) => real.get(f.path) !== f.sha256);
    return { ...p, state: missing ? 'missing' : changed ? 'changed' : 'intact' };
  });
}

/** Extends the rules so that a mirror deletes no package: packages do not come from the folder, and are removed as packages. */
export function keepPackages(rules: SyncRules, installed: readonly InstalledPackage[]): SyncRules {
  // The file system of a card may store the names in another case.
  const owned = new Set(installed.flatMap((p) => p.files.map((f) => foldCase(f.path))));
  return {
    ...rules,
    isProtected: (path, isDir) => owned.has(foldCase(path)) || rules.isProtected(path, isDir),
  };
}

/**
 * Plans the removal of `ids`: those packages, unless another wanted package needs them, and dependencies that nothing else
 * needs. `kept` names those that stay and the packages that need them.
 */
export function planRemoval(
  packages: readonly InstalledPackage[],
  ids: readonly string[],
): {
  remove: InstalledPackage[];
  keep: InstalledPackage[];
  kept: { id: string; neededBy: string }[];
} {
  const wanted = packages.filter((p) => p.wanted && !ids.includes(p.id)).map((p) => p.id);
  const needed = new Map<string, string>();
  const byId = new Map(packages.map((p) => [p.id, p]));
  const follow = (id: string, by: string) => {
    if (needed.has(id)) return;
    needed.set(id, by);
    for (const next of byId.get(id)?.needs ?? []) follow(next, id);
  };
  for (const id of wanted) follow(id, id);
  return {
    remove: packages.filter((p) => !needed.has(p.id)),
    // A package that stays only as a dependency is no longer marked as wanted.
    keep: packages
      .filter((p) => needed.has(p.id))
      .map((p) => (ids.includes(p.id) ? { ...p, wanted: false } : p)),
    kept: ids.flatMap((id) => {
      const by = needed.get(id);
      return by === undefined ? [] : [{ id, neededBy: by }];
    }),
  };
}
