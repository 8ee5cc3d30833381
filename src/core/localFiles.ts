import { randomBytes } from 'node:crypto';
import { chmod, mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

// Files of this computer; those of boards are in core/files.

/** Whether a call of Node failed only because the file or folder does not exist on this computer. */
export function isAbsent(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}

/** As {@link isAbsent}, and also if a parent of the path is a file. */
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

/** Whether this path of the computer is a folder. @throws the system's error if it cannot be examined */
export async function isLocalFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}

/**
 * Replaces a file as a whole, so that a full disk or a power failure leaves the old one. The content is never written through
 * a link, or over a file, that someone else has created.
 * @param options.mode permissions of the new file, default as the user's umask says
 */
export async function replaceFile(
  path: string,
  content: string | Uint8Array,
  { mode }: { readonly mode?: number } = {},
): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    await writeFile(temporary, content, { flag: 'wx', ...(mode === undefined ? {} : { mode }) });
    if (mode !== undefined) await chmod(temporary, mode); // the umask may have taken some of it
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
