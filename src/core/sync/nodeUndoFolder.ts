import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { orAbsent, replaceFile } from '../localFiles';
import type { UndoFolder } from './undoStore';

/**
 * Returns a folder on this computer for undo records. It is created on the first write and readable only by its
 * owner.
 */
export function nodeUndoFolder(folder: string): UndoFolder {
  return {
    read: (name) => orAbsent(readFile(join(folder, name)), undefined),
    async write(name, content) {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await replaceFile(join(folder, name), content, { mode: 0o600 });
    },
    remove: (name) => rm(join(folder, name), { force: true }),
    list: () => orAbsent(readdir(folder), []),
  };
}
