import { throwIfAborted } from '../async';
import type { BoardFiles } from '../boardFiles';
import { FleetError } from '../errors';
import { removeEmptyFolders, removeIfThere } from './boardTree';
import { sha256 } from './fetcher';
import type { FetchedPackage, InstalledPackage } from './install';
import type { Hashes } from './place';
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

/** Files that belong to `before` and to nobody of `keep`, each once: what goes. */
export function goingFiles(
  before: readonly InstalledPackage[],
  keep: readonly InstalledPackage[],
): string[] {
  const stay = new Set(keep.flatMap((p) => p.files.map((f) => f.path)));
  const all = new Set(before.flatMap((p) => p.files.map((f) => f.path)));
  return [...all].filter((path) => !stay.has(path));
}

/** Source that the board would take in place of a .mpy file beside it. */
export function shadowOf(path: string): string | undefined {
  return path.endsWith('.mpy') ? path.replace(/\.mpy$/, '.py') : undefined;
}

/**
 * Files that stand where packages go or went, and are not as they were placed: the user has changed them, or put them
 * there himself.
 * @param paths what is to be written over or removed
 * @param coming what will stand there; the same content needs no question
 */
export function ownFiles(
  paths: Iterable<string>,
  now: Hashes,
  before: readonly InstalledPackage[],
  coming: ReadonlyMap<string, string>,
): string[] {
  const recorded = new Map(before.flatMap((p) => p.files.map((f) => [f.path, f.sha256])));
  return [...new Set(paths)].filter((path) => {
    const hash = now.get(path);
    return hash !== undefined && hash !== coming.get(path) && hash !== recorded.get(path);
  });
}

/** Most paths that a message names. */
const NAMED = 3;

/** Files of the user are in the way; with `replace` they are written over or removed. */
export class OwnFilesError extends FleetError {
  readonly code = 'ownFiles';

  constructor(readonly paths: readonly string[]) {
    const more = paths.length > NAMED ? ` and ${paths.length - NAMED} more` : '';
    const named = paths.slice(0, NAMED).join(', ');
    super(
      `${named}${more} ${paths.length === 1 ? 'is' : 'are'} on the board, changed or not from here`,
      { hint: 'Keep a copy if you need it, then allow it to be replaced (--force).' },
    );
  }
}

/** Removes files of packages, then the folders that they leave empty: those would be imported as a module. */
export async function removeFiles(
  files: BoardFiles,
  paths: readonly string[],
  signal?: AbortSignal,
): Promise<void> {
  for (const path of paths) {
    throwIfAborted(signal);
    await removeIfThere(files, path);
  }
  await removeEmptyFolders(files, paths, signal);
}
