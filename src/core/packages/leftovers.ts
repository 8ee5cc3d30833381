import { throwIfAborted } from '../async';
import type { BoardFiles } from '../boardFiles';
import { sha256 } from './fetcher';
import { removeIfThere, type FetchedPackage, type InstalledPackage } from './install';
import { ConflictError } from './resolve';

/** A package that is there already may not lose a file to another one. @throws ConflictError */
export function checkOwners(
  before: readonly InstalledPackage[],
  fresh: readonly FetchedPackage[],
  target: string,
): void {
  const ids = new Set(fresh.map((p) => p.id));
  const others = before.filter((p) => !ids.has(p.id));
  const owners = new Map(others.flatMap((p) => p.files.map((f) => [f.path, { p, f }] as const)));
  for (const { name, files } of fresh) {
    for (const { path, content } of files) {
      const owner = owners.get(`${target}/${path}`);
      if (!owner || owner.f.sha256 === sha256(content)) continue;
      throw new ConflictError(`${owner.p.name} and ${name} both bring ${path}`, {
        hint: `Remove ${owner.p.name} first, or install into another folder.`,
      });
    }
  }
}

/** A new version, or the compiled form, may have other files than the old: those that nobody owns any more go. */
export async function removeReplaced(
  files: BoardFiles,
  before: readonly InstalledPackage[],
  placed: readonly InstalledPackage[],
  signal?: AbortSignal,
): Promise<void> {
  const ids = new Set(placed.map((p) => p.id));
  const pathsOf = (list: readonly InstalledPackage[]) =>
    list.flatMap((p) => p.files.map((f) => f.path));
  const stay = new Set([...pathsOf(placed), ...pathsOf(before.filter((p) => !ids.has(p.id)))]);
  const gone = pathsOf(before.filter((p) => ids.has(p.id))).filter((path) => !stay.has(path));
  for (const path of gone) await removeIfThere(files, path);
  // A folder that is left behind would be imported in place of a module of the same name.
  await removeEmptyFolders(files, gone, signal);
}

/** Removes packages from a board, except for files that `keep` has too. */
export async function removePackages(
  files: BoardFiles,
  packages: readonly InstalledPackage[],
  keep: readonly InstalledPackage[],
  signal?: AbortSignal,
): Promise<void> {
  const stay = new Set(keep.flatMap((p) => p.files.map((f) => f.path)));
  const gone = packages.flatMap((p) => p.files.map((f) => f.path)).filter((p) => !stay.has(p));
  for (const path of gone) {
    throwIfAborted(signal);
    await removeIfThere(files, path);
  }
  await removeEmptyFolders(files, gone, signal);
}

async function removeEmptyFolders(
  files: BoardFiles,
  paths: readonly string[],
  signal?: AbortSignal,
): Promise<void> {
  const folders = new Set<string>();
  for (const path of paths) {
    const parts = path.split('/');
    for (let n = parts.length - 1; n > 2; n--) folders.add(parts.slice(0, n).join('/'));
  }
  for (const folder of [...folders].sort((a, b) => b.length - a.length)) {
    if ((await files.list(folder, signal)).length === 0) await files.remove(folder, { signal });
  }
}
