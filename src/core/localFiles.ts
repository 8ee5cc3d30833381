import { randomBytes } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import {
  access,
  chmod,
  lstat,
  mkdir,
  readlink,
  realpath,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

// Files of this computer; those of boards are in core/files.

/** Returns whether a call of Node failed only because the file or folder does not exist on this computer. */
export function isAbsent(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}

/** Like {@link isAbsent}, but also true if a parent of the path is a file. */
export function isNotFound(error: unknown): boolean {
  return isAbsent(error) || (error as NodeJS.ErrnoException).code === 'ENOTDIR';
}

/** Returns the result of `work`, or `absent` if its file or folder does not exist on this computer. @throws any other error of `work` */
export async function orAbsent<T, D>(work: Promise<T>, absent: D): Promise<T | D> {
  try {
    return await work;
  } catch (error) {
    if (isAbsent(error)) return absent;
    throw error;
  }
}

/** Returns whether this path of the computer is a folder. @throws the system's error if it cannot be examined */
export async function isLocalFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}

/** How {@link replaceFile} treats an existing file at the path. */
export interface ReplaceOptions {
  /**
   * Permissions of the new file. Default: those of the user's own file that it replaces, else those
   * that the umask gives.
   */
  readonly mode?: number;
  /** Writes to the target of a link and keeps the link; only for a path that the user named. */
  readonly follow?: boolean;
}

/**
 * Replaces a file as a whole: a reader sees the old content or the new one, and a full disk or a power failure leaves the old one.
 * Without `follow`, content is never written through a link, or over a file, that someone else has created.
 * @throws the system's error; nothing half-written is left
 */
export async function replaceFile(
  path: string,
  content: string | Uint8Array,
  { mode, follow = false }: ReplaceOptions = {},
): Promise<void> {
  const target = follow ? await linkTarget(path) : path;
  await mkdir(dirname(target), { recursive: true });
  const old = await orAbsent(lstat(target), undefined);
  // A rename would replace a device or the user's pipe by a file, and would replace a
  // write-protected file.
  const isDevice = (old?.isCharacterDevice() ?? false) || (old?.isBlockDevice() ?? false);
  if (isDevice || (follow && old && !old.isFile())) return writeFile(target, content);
  if (follow && old) await access(target, constants.W_OK);
  const permissions = mode ?? (old && isOwn(old) ? old.mode & PERMISSIONS : undefined);
  const temporary = `${target}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    const options = permissions === undefined ? {} : { mode: permissions };
    await writeFile(temporary, content, { flag: 'wx', ...options });
    if (permissions !== undefined) await chmod(temporary, permissions); // the umask may have removed some of it
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Read, write and execute for owner, group and others; not the bits that change the user of a program. */
const PERMISSIONS = 0o777;

/**
 * Returns whether this user created the file. On Windows all files count as own, because there are
 * no ids.
 */
function isOwn(stat: Stats): boolean {
  return stat.isFile() && stat.uid === (process.getuid?.() ?? stat.uid);
}

/** Returns the path behind all links, even if no file exists there yet. */
async function linkTarget(path: string): Promise<string> {
  const real = await orAbsent(realpath(path), undefined);
  if (real !== undefined) return real;
  const stat = await orAbsent(lstat(path), undefined);
  if (!stat?.isSymbolicLink()) return path;
  return linkTarget(resolve(dirname(path), await readlink(path)));
}
