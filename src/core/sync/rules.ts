import { below } from './boardPath';
import { joinLocal, type FolderScan } from './folderScan';
import { IgnoreRules } from './ignoreRules';
import { nearest, relativeOf } from './mapping';
import type { HostNames, SyncRules } from './model';

/**
 * Never deleted by a mirror: what the board starts with, the WebREPL password, the fleet agent (its folder and the files
 * beside it that set it up), and what lost file systems and CircuitPython put there themselves.
 */
export const ALWAYS_PROTECTED: readonly string[] = [
  '/boot.py',
  '/webrepl_cfg.py',
  '/mpyfleet',
  '/mpyfleet_*',
  '/boot_out.txt',
  '/System Volume Information',
  '/lost+found',
];

/** Tells what is protected: the list above and the user's own globs (gitignore syntax, from the board's root). */
export function protection(own: readonly string[]): (path: string, isDir: boolean) => boolean {
  // A user's rule can add to the list and, being a separate list, never take from it.
  const always = IgnoreRules.parse(ALWAYS_PROTECTED);
  const users = IgnoreRules.parse(own);
  return (path, isDir) => {
    const relative = path.slice(1);
    return always.ignores(relative, isDir) || users.ignores(relative, isDir);
  };
}

/** The rules of a sync between `folder` and a board. */
export function folderRules(
  folder: string,
  scan: FolderScan,
  own: readonly string[],
  host: HostNames,
): SyncRules {
  const roots = scan.mappings.map((m) => m.to);
  const isProtected = protection(own);
  return {
    roots,
    isHidden: (path, isDir) => {
      const relative = relativeOf(scan.mappings, path);
      return relative !== undefined && relative !== '' && scan.ignores.ignores(relative, isDir);
    },
    isProtected: (path, isDir) =>
      isProtected(path, isDir) || nearest(scan.mappings, path)?.mapping.missing === true,
    localPathOf: (path) => {
      if (!roots.some((root) => below(root, path) !== undefined)) return undefined;
      const relative = relativeOf(scan.mappings, path);
      return relative === undefined ? undefined : joinLocal(folder, relative);
    },
    host,
  };
}
