import type { BoardFiles } from '../boardFiles';
import { FileError } from '../errors';

/** Returns whether a verb failed only because the file or folder does not exist on the board. */
export function isMissing(error: unknown): boolean {
  return error instanceof FileError && error.errno === 'ENOENT';
}

/** Returns the result of `work`, or `otherwise` if its file or folder does not exist. @throws any other error of `work` */
export async function orIfMissing<T>(work: Promise<T>, otherwise: T): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (isMissing(error)) return otherwise;
    throw error;
  }
}

/** Removes a file or an empty folder, or with `recursive` any folder; does nothing when it does not exist. */
export async function removeIfThere(
  files: BoardFiles,
  path: string,
  signal?: AbortSignal,
  { recursive = false } = {},
): Promise<void> {
  await orIfMissing(files.remove(path, { recursive, ...(signal && { signal }) }), undefined);
}
