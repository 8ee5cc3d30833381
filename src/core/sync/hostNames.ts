import type { HostNames, SyncProblem } from './model';

/** Names that Windows keeps for devices, with or without an extension. */
const DEVICE = /^(con|prn|aux|nul|conin\$|conout\$|com[\d¹²³]|lpt[\d¹²³])(\..*)?$/i;
// eslint-disable-next-line no-control-regex -- Windows allows no control characters in names
const NOT_ON_WINDOWS = /[<>:"\\|?*\u0000-\u001f]|[. ]$/;

/** The host that this process runs on. */
export function hostNames(platform: NodeJS.Platform = process.platform): HostNames {
  return {
    windows: platform === 'win32',
    caseInsensitive: platform === 'win32' || platform === 'darwin',
  };
}

/**
 * What is wrong with a name that a board has given to a file that is to be written here: `error` where this computer
 * cannot have it, `warning` where another one could not.
 */
export function nameProblem(path: string, host: HostNames): SyncProblem | undefined {
  for (const part of path.split('/').filter((p) => p !== '')) {
    if (part === '.' || part === '..' || part.includes('\0')) {
      return error(path, `The board's path ${JSON.stringify(path)} leads out of its folder`);
    }
    if (!NOT_ON_WINDOWS.test(part) && !DEVICE.test(part)) continue;
    const message = `Windows cannot have a file named ${JSON.stringify(part)}`;
    if (host.windows) return error(path, `${message}: rename it on the board`);
    return { severity: 'warning', path, message };
  }
  return undefined;
}

/**
 * Of paths that differ in case or in how accents are written only, all but the first: on hosts that take them for the
 * same file, one would overwrite the other.
 */
export function nameCollisions(
  places: readonly { path: string; local: string }[],
  host: HostNames,
): SyncProblem[] {
  const first = new Map<string, string>();
  const problems: SyncProblem[] = [];
  for (const { path, local } of places) {
    const key = local.normalize('NFC').toLowerCase();
    const other = first.get(key);
    if (other === undefined) {
      first.set(key, path);
      continue;
    }
    const message = `${path} and ${other} are one file on Windows and macOS`;
    problems.push({ severity: host.caseInsensitive ? 'error' : 'warning', path, message });
  }
  return problems;
}

function error(path: string, message: string): SyncProblem {
  return { severity: 'error', path, message };
}
