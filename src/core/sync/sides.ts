import type { BoardFiles, TakeFile, TransferOptions, WriteItem } from '../boardFiles';
import { throwIfAborted } from '../async';
import { FileError } from '../errors';
import { sameAsWritten } from './caseless';
import { moveOnBoard } from './keepOnBoard';
import type { LocalFs } from './localFs';
import { sha256 } from '../hash';
import { isMissing } from '../files';

/** The side that a sync or an undo changes: the board or the computer. */
export interface Side {
  hash(paths: readonly string[], signal?: AbortSignal): Promise<(string | undefined)[]>;
  readMany(paths: readonly string[], take: TakeFile, signal?: AbortSignal): Promise<void>;
  writeMany(items: readonly WriteItem[], options: TransferOptions): Promise<void>;
  removeFile(path: string, signal?: AbortSignal): Promise<void>;
  /** Changes the case of a path, unless it no longer exists. */
  rename(from: string, to: string, signal?: AbortSignal): Promise<void>;
  /** Moves a file or folder back. Returns whether it did: not if it no longer exists, and not over another one. */
  moveBack(from: string, to: string, signal?: AbortSignal): Promise<boolean>;
  /** Returns which of `doomed` are files just `written` under another case. */
  sameAsWritten(
    doomed: readonly string[],
    written: readonly string[],
    signal?: AbortSignal,
  ): Promise<ReadonlySet<string>>;
  makeDir(path: string, signal?: AbortSignal): Promise<void>;
  /** Removes a folder if it is empty; returns false if it is not. */
  removeEmptyDir(path: string, signal?: AbortSignal): Promise<boolean>;
}

/** Changes the board. */
export function boardSide(files: BoardFiles): Side {
  return {
    hash: (paths, signal) => (paths.length === 0 ? Promise.resolve([]) : files.hash(paths, signal)),
    readMany: (paths, take, signal) =>
      files.readMany(
        paths.map((path) => ({ path })),
        take,
        { signal },
      ),
    writeMany: (items, options) => files.writeMany(items, options),
    removeFile: (path, signal) => files.remove(path, { signal }),
    async rename(from, to, signal) {
      try {
        await files.rename(from, to, { overwrite: true, signal });
      } catch (error) {
        if (!isMissing(error)) throw error;
      }
    },
    async moveBack(from, to, signal) {
      try {
        await moveOnBoard(files, from, to, { signal });
        return true;
      } catch (error) {
        if (error instanceof FileError && ['ENOENT', 'EEXIST'].includes(error.errno)) return false;
        throw error;
      }
    },
    sameAsWritten: (doomed, written, signal) => sameAsWritten(files, doomed, written, signal),
    makeDir: (path, signal) => files.mkdir(path, { parents: true, signal }),
    async removeEmptyDir(path, signal) {
      try {
        await files.remove(path, { signal });
        return true;
      } catch (error) {
        if (error instanceof FileError && occupied.has(error.errno)) return false;
        throw error;
      }
    },
  };
}

/** FAT reports EACCES for a folder that is not empty, LittleFS ENOTEMPTY. ENOENT means that it was removed already. */
const occupied = new Set<FileError['errno']>(['ENOTEMPTY', 'EACCES', 'ENOENT']);

/** Changes the computer. Folders are never removed there: a pull deletes nothing, and creates the folders it needs. */
export function localSide(fs: LocalFs): Side {
  return {
    hash: (paths, signal) =>
      Promise.all(
        paths.map(async (path) => {
          throwIfAborted(signal);
          const found = await fs.stat(path);
          return found?.type === 'file' ? sha256(await fs.read(path)) : undefined;
        }),
      ),
    async readMany(paths, take, signal) {
      for (const path of paths) {
        throwIfAborted(signal);
        await take(await fs.read(path), path);
      }
    },
    async writeMany(items, { signal, onProgress }) {
      for (const [i, { path, content }] of items.entries()) {
        throwIfAborted(signal);
        const bytes = typeof content === 'function' ? await content() : content;
        throwIfAborted(signal);
        await fs.write(path, bytes);
        onProgress?.(i + 1, items.length, path);
      }
    },
    removeFile: (path) => fs.remove(path),
    // Not needed: a plan that writes two spellings of one local file is refused (nameCollisions).
    rename: () => Promise.resolve(),
    // Not needed: nothing is moved on the computer.
    moveBack: () => Promise.resolve(false),
    sameAsWritten: () => Promise.resolve(new Set()),
    makeDir: () => Promise.resolve(),
    removeEmptyDir: () => Promise.resolve(false),
  };
}
