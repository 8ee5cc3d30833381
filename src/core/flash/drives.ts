import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** A drive that a loader or a debug probe shows. */
export interface LoaderDrive {
  readonly path: string;
  readonly kind: 'uf2' | 'dapLink';
  /** The content of INFO_UF2.TXT or DETAILS.TXT. */
  readonly info: string;
  /** Value of its `Board-ID` or `Model`, for people. */
  readonly name: string;
}

const INFO_LIMIT = 4096; // the files have some hundred bytes; a drive is untrusted
const MOST_DRIVES = 64;

/**
 * Finds all drives of loaders and debug probes.
 * @param env MPYFLEET_DRIVES: folders to look at instead of the system's drives, separated by `:` (Windows: `;`)
 */
export async function findDrives(
  env: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
): Promise<LoaderDrive[]> {
  const given = env.MPYFLEET_DRIVES?.split(platform === 'win32' ? ';' : ':').filter(Boolean);
  const folders = given ?? (await mountPoints(platform));
  const drives = await Promise.all(folders.slice(0, MOST_DRIVES).map(driveAt));
  return drives.filter((drive) => drive !== undefined);
}

/** Returns whether the drive still exists. */
export async function isThere(drive: LoaderDrive): Promise<boolean> {
  return (await driveAt(drive.path)) !== undefined;
}

async function driveAt(path: string): Promise<LoaderDrive | undefined> {
  for (const [kind, file] of [
    ['uf2', 'INFO_UF2.TXT'],
    ['dapLink', 'DETAILS.TXT'],
  ] as const) {
    const info = await readBounded(join(path, file));
    if (info === undefined) continue;
    if (kind === 'dapLink' && !/DAPLink|Interface Version|Unique ID/i.test(info)) continue;
    const name = /^(?:Board-ID|Model)\s*:\s*(.{1,60})/im.exec(info)?.[1]?.trim() ?? 'DAPLink';
    return { path, kind, info, name: name.replace(/[\p{Cc}\p{Cf}]/gu, '') };
  }
  return undefined;
}

/** Reads the beginning of a small text file; undefined if it cannot be read. */
export async function readBounded(path: string): Promise<string | undefined> {
  try {
    if ((await stat(path)).size > INFO_LIMIT) return undefined;
    return (await readFile(path, 'latin1')).slice(0, INFO_LIMIT);
  } catch {
    return undefined; // no such drive or file: the usual case
  }
}

async function mountPoints(platform: NodeJS.Platform): Promise<string[]> {
  if (platform === 'win32')
    return Array.from('DEFGHIJKLMNOPQRSTUVWXYZ', (letter) => `${letter}:\\`);
  if (platform === 'darwin') {
    const names = await readdir('/Volumes').catch(() => []);
    return names.map((name) => join('/Volumes', name));
  }
  // proc(5): spaces in paths are written in octal
  const mounts = await readFile('/proc/mounts', 'utf8').catch(() => '');
  return mounts
    .split('\n')
    .map((line) => line.split(' '))
    .filter(([, , type]) => type === 'vfat' || type === 'msdos')
    .map(([, path = '']) =>
      path.replace(/\\([0-7]{3})/g, (_, code: string) =>
        String.fromCharCode(Number.parseInt(code, 8)),
      ),
    );
}
