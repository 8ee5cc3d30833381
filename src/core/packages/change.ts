import * as l10n from '@vscode/l10n';
import { throwIfAborted } from '../async';
import type { BoardFiles } from '../boardFiles';
import { FleetError } from '../errors';
import { removeIfThere } from '../files';
import { removeEmptyFolders } from './emptyFolders';
import { sha256 } from '../hash';
import type { FetchedPackage, InstalledPackage } from './fetchPackages';
import type { Hashes } from './place';
import { ConflictError } from './resolve';

/** Checks that no installed package loses a file to another one. @throws ConflictError */
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
      throw new ConflictError(l10n.t('{0} and {1} both contain {2}', owner.p.name, name, path), {
        hint: l10n.t('Remove {0} first, or install into another folder.', owner.p.name),
      });
    }
  }
}

/** Returns the files of `before` that no package of `keep` has, each once: the files to delete. */
export function goingFiles(
  before: readonly InstalledPackage[],
  keep: readonly InstalledPackage[],
): string[] {
  const stay = new Set(keep.flatMap((p) => p.files.map((f) => f.path)));
  const all = new Set(before.flatMap((p) => p.files.map((f) => f.path)));
  return [...all].filter((path) => !stay.has(path));
}

/**
 * Returns the source file that the board would import instead of the .mpy file next to it;
 * undefined for other files.
 */
export function shadowOf(path: string): string | undefined {
  return path.endsWith('.mpy') ? path.replace(/\.mpy$/, '.py') : undefined;
}

/**
 * Returns the files at these paths that differ from what was placed there: the user has changed them or put them there.
 * @param paths files to overwrite or remove
 * @param coming new content by path; a file with the same content is not reported
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

/** Number of paths that a message names. */
const NAMED = 3;

/** The user's own files are in the way. With `replace` they are overwritten or removed. */
export class OwnFilesError extends FleetError {
  readonly code = 'ownFiles';

  constructor(readonly paths: readonly string[]) {
    const more = paths.length > NAMED ? ` and ${paths.length - NAMED} more` : '';
    const named = paths.slice(0, NAMED).join(', ');
    super(
      l10n.t(
        '{0}{1} {2} on the board, changed or not installed from here',
        named,
        more,
        paths.length === 1 ? 'is' : 'are',
      ),
      { hint: l10n.t('Make a copy if you need it, then allow it to be replaced (--force).') },
    );
  }
}

/** Removes files of packages, then the folders left empty: MicroPython would import such a folder as a module. */
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
