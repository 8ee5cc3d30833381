import { throwIfAborted } from '../async';
import { hostNames, type HostNames } from '../files';
import { type LocalFile, type LocalFs, type LocalTree, protection, type SyncRules } from '../sync';
import { sha256 } from '../hash';
import type { Device } from './model';
import type { Placed, ResolvedDevice } from './resolve';

/** Reads and hashes the files of a resolved board, as input of a sync. */
export async function deviceTree(
  resolved: ResolvedDevice,
  fs: LocalFs,
  signal?: AbortSignal,
): Promise<LocalTree> {
  const files: LocalFile[] = [];
  for (const { board, local } of resolved.files) {
    throwIfAborted(signal);
    const content = await fs.read(local);
    files.push({ board, local, size: content.length, sha256: sha256(content) });
  }
  const problems = resolved.diagnostics
    .filter((d) => d.severity !== 'information')
    .map(({ message, file, line }) => {
      return { severity: 'warning' as const, path: `${file}:${line}`, message };
    });
  return { files, dirs: [], problems };
}

/**
 * Rules of a sync by device file, as in iot-kernel: the whole board is covered, names that begin with a dot and CircuitPython's
 * boot_out.txt are ignored, and only files that came from the computer are pulled back. If the file has mistakes (not `complete`)
 * the wanted files are not certain, so nothing is deleted.
 */
export function deviceRules(
  device: Device,
  files: readonly Placed[],
  complete: boolean,
  own: readonly string[],
  host: HostNames = hostNames(),
): SyncRules {
  const isProtected = protection([...own, ...device.protect]);
  const locals = new Map(files.map(({ board, local }) => [board, local]));
  return {
    roots: ['/'],
    isHidden: (path) => !locals.has(path) && (path.includes('/.') || path === '/boot_out.txt'),
    isProtected: (path, isDir) => !complete || isProtected(path, isDir),
    localPathOf: (path) => locals.get(path),
    host,
  };
}
