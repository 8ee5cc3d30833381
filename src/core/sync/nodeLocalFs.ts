import { readdir, readFile, realpath, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Dirent } from 'node:fs';
import type { LocalEntry, LocalFs } from './localFs';
import { isNotFound, replaceFile } from '../localFiles';

/** The computer's files through Node, for the command line and for tests. */
export const nodeLocalFs: LocalFs = {
  async list(folder) {
    const entries = await orAbsent(readdir(folder, { withFileTypes: true }));
    return entries && Promise.all(entries.map((entry) => describe(folder, entry)));
  },

  async stat(path) {
    const found = await orAbsent(stat(path));
    if (found?.isDirectory()) return { type: 'dir', size: found.size };
    return found?.isFile() ? { type: 'file', size: found.size } : undefined;
  },

  read: (path) => readFile(path),

  write: (path, content) => replaceFile(path, content),

  remove: (path) => rm(path),

  real: async (path) => (await orAbsent(realpath(path)))?.replaceAll('\\', '/') ?? path,
};

async function describe(folder: string, entry: Dirent): Promise<LocalEntry> {
  if (entry.isFile()) return { name: entry.name, type: 'file' };
  if (entry.isDirectory()) return { name: entry.name, type: 'dir' };
  if (!entry.isSymbolicLink()) return { name: entry.name, type: 'other' };
  const target = await orAbsent(stat(join(folder, entry.name)));
  const type = target?.isFile() ? 'file' : target?.isDirectory() ? 'link' : 'other';
  return { name: entry.name, type };
}

/** Returns undefined if nothing exists at the path, also if a parent is a file. */
async function orAbsent<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
