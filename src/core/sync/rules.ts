import { below } from './boardPath';
import { joinLocal, type FolderScan } from './folderScan';
import { IgnoreRules } from './ignoreRules';
import { nearest, relativeOf } from './mapping';
import type { SyncRules } from './model';
import type { HostNames } from '../files';

/**
 * A mirror never deletes these: start files, the WebREPL password, the fleet agent (its folder and its set-up files), deployed
 * apps, and files that a damaged file system or CircuitPython has created.
 */
export const ALWAYS_PROTECTED: readonly string[] = [
  '/boot.py',
  '/webrepl_cfg.py',
  '/mpyfleet',
  '/mpyfleet_*',
  '/fleet',
  '/boot_out.txt',
  '/System Volume Information',
  '/lost+found',
  // Boards without a file system at the root start from one of these.
  ...['/flash', '/sd'].flatMap((at) => [
    `${at}/boot.py`,
    `${at}/webrepl_cfg.py`,
    `${at}/mpyfleet`,
    `${at}/mpyfleet_*`,
    `${at}/fleet`,
    `${at}/System Volume Information`,
  ]),
];

/** Returns a test for protected paths: the list above and the user's globs (gitignore syntax, from the board's root). */
export function protection(own: readonly string[]): (path: string, isDir: boolean) => boolean {
  // The user's rules are a separate list, so they can add protected paths but never remove one. Case is ignored: on FAT, a board also starts
  // `/Boot.py`.
  const always = IgnoreRules.parse(ALWAYS_PROTECTED.map((rule) => rule.toLowerCase()));
  const users = IgnoreRules.parse(own);
  return (path, isDir) => {
    const relative = path.slice(1);
    return always.ignores(relative.toLowerCase(), isDir) || users.ignores(relative, isDir);
  };
}

/** Returns the rules of a sync between `folder` and a board. */
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
