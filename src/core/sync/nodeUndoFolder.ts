import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { UndoFolder } from './undoStore';

/** A folder of this computer for undo records; made when first written to, readable by its owner only. */
export function nodeUndoFolder(folder: string): UndoFolder {
  return {
    read: (name) => orAbsent(readFile(join(folder, name)), undefined),
    async write(name, content) {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const temporary = join(folder, `${name}.${randomBytes(4).toString('hex')}.tmp`);
      await writeFile(temporary, content, { mode: 0o600 });
      await rename(temporary, join(folder, name));
    },
    remove: (name) => rm(join(folder, name), { force: true }),
    list: () => orAbsent(readdir(folder), []),
  };
}

async function orAbsent<T, D>(work: Promise<T>, absent: D): Promise<T | D> {
  try {
    return await work;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return absent;
    throw error;
  }
}
