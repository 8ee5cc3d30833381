import type { BoardFiles } from '../boardFiles';
import type { SyncRules } from '../sync/model';
import type { InstalledPackage } from './install';

/** What was installed on each board, kept on the computer; the board's files have the last word. */
export interface InstalledStore {
  load(uid: string): Promise<readonly InstalledPackage[]>;
  save(uid: string, packages: readonly InstalledPackage[]): Promise<void>;
}

/** An installed package, and whether its files are still as they were placed. */
export interface InstalledState extends InstalledPackage {
  readonly state: 'intact' | 'changed' | 'missing';
}

/** Adds `fresh` to what was installed; an entry of the same id is replaced, and stays wanted once it was. */
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

/** Compares what is recorded with the board, in one round trip. */
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

/** Rules by which a mirror leaves packages alone: they are no files that a folder lacks, and are removed as packages. */
export function keepPackages(rules: SyncRules, installed: readonly InstalledPackage[]): SyncRules {
  const owned = new Set(installed.flatMap((p) => p.files.map((f) => f.path)));
  return {
    ...rules,
    isProtected: (path, isDir) => owned.has(path) || rules.isProtected(path, isDir),
  };
}

/**
 * What goes when `ids` are removed: they themselves, unless another wanted package needs them, and what then nobody
 * needs any more. `kept` names those that stay and who needs them.
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
    // A package that stays only because another needs it is no longer wanted for itself.
    keep: packages
      .filter((p) => needed.has(p.id))
      .map((p) => (ids.includes(p.id) ? { ...p, wanted: false } : p)),
    kept: ids.flatMap((id) => {
      const by = needed.get(id);
      return by === undefined ? [] : [{ id, neededBy: by }];
    }),
  };
}
