import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Dirent } from 'node:fs';
import type { LocalEntry, LocalFs } from './localFs';

/** The computer's files through Node, for the command line and for tests. */
export const nodeLocalFs: LocalFs = {
  async list(folder) {
    const entries = await orAbsent(readdir(folder, { withFileTypes: true }));
    return entries && Promise.all(entries.map((entry) => describe(folder, entry)));
  },

  async stat(path) {
    const found = await orAbsent(stat(path));
    return found && { type: found.isDirectory() ? 'dir' : 'file', size: found.size };
  },

  read: (path) => readFile(path),

  async write(path, content) {
    await mkdir(dirname(path), { recursive: true });
    const temporary = `${path}.${randomBytes(4).toString('hex')}.tmp`;
    try {
      await writeFile(temporary, content);
      await rename(temporary, path);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  },

  remove: (path) => rm(path),
};

async function describe(folder: string, entry: Dirent): Promise<LocalEntry> {
  if (entry.isFile()) return { name: entry.name, type: 'file' };
  if (entry.isDirectory()) return { name: entry.name, type: 'dir' };
  if (!entry.isSymbolicLink()) return { name: entry.name, type: 'other' };
  const target = await orAbsent(stat(join(folder, entry.name)));
  const type = target?.isFile() ? 'file' : target?.isDirectory() ? 'link' : 'other';
  return { name: entry.name, type };
}

/** Undefined where there is nothing at the path (a file in place of a folder included). */
async function orAbsent<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}
