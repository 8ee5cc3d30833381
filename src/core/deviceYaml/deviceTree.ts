import { throwIfAborted } from '../async';
import { hostNames } from '../sync/hostNames';
import { sha256, type LocalFs } from '../sync/localFs';
import type { HostNames, LocalFile, LocalTree, SyncRules } from '../sync/model';
import { protection } from '../sync/rules';
import type { Device } from './model';
import type { Placed, ResolvedDevice } from './resolve';

/** The files of a resolved board, read and hashed: what a sync is planned with. */
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
 * The rules of a sync by device file, as in iot-kernel: the whole board is covered, names that begin with a dot and
 * CircuitPython's boot_out.txt are not seen, and only files that came from the computer go back there. While the file has mistakes (not `complete`) it does not say what
 * the board is to have, so nothing is deleted.
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
