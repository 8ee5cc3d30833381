import { FileError } from '../errors';
import { errnoName } from '../python/python';

type Errno = FileError['errno'];

const WORDS: Record<Errno, [message: (path: string) => string, hint: string | undefined]> = {
  ENOENT: [(p) => `${p} is not on the board`, 'Refresh the list of files.'],
  EEXIST: [(p) => `${p} is there already`, 'Choose another name, or allow it to be replaced.'],
  ENOSPC: [(p) => `No space left on the board for ${p}`, 'Delete files that are not needed.'],
  EISDIR: [(p) => `${p} is a folder`, undefined],
  ENOTDIR: [(p) => `${p} is not in a folder`, 'A part of this path is a file.'],
  ENOTEMPTY: [(p) => `The folder ${p} is not empty`, 'Delete what is in it as well.'],
  EROFS: [
    (p) => `${p} cannot be changed: the board's file system is read-only`,
    'On CircuitPython, eject the CIRCUITPY drive, or write to the drive itself.',
  ],
  EINVAL: [
    (p) => `The board does not accept ${p}`,
    'Check the path, and that a file system is mounted there.',
  ],
  EBUSY: [(p) => `${p} is in use on the board`, 'Reset the board and try again.'],
  EIO: [
    (p) => `${p} could not be written or read correctly`,
    'The flash or card may be worn or full; the old file was kept.',
  ],
  EACCES: [(p) => `The board does not allow access to ${p}`, undefined],
  ENOMEM: [(p) => `The board ran out of memory at ${p}`, 'Soft-reset the board and try again.'],
};

/** What MicroPython 1.9.2 of the micro:bit has in place of an errno (its `open` and `os.remove`). */
const NOT_FOUND = 'file not found';
const ERROR_LINE = new RegExp(`^! (${NOT_FOUND}|\\S+)`);

/** The FileError for an errno, as a board names it (`ENOENT`) or numbers it (`2`). */
export function fileError(errno: string, path: string, cause?: unknown): FileError {
  const known = errno === NOT_FOUND ? 'ENOENT' : errnoName('OSError', errno);
  const name = errno === 'ENOMEM' ? 'ENOMEM' : (known ?? 'EIO');
  const [message, hint] = WORDS[name];
  return new FileError(name, path, message(path), { hint, cause });
}

/** No space, with figures in bytes. */
export function noSpace(path: string, needed: number, free: number): FileError {
  const message = `No space left on the board: ${path} needs ${size(needed)}, ${size(free)} are free`;
  return new FileError('ENOSPC', path, message, { hint: WORDS.ENOSPC[1] });
}

function size(bytes: number): string {
  return bytes < 10_000 ? `${bytes} bytes` : `${(bytes / 1000).toFixed(1)} kB`;
}

/**
 * The error in the store's lines: `! <files opened before, or -1> <errno> <bytes needed> <bytes free>`. That nothing came any
 * more (ETIMEDOUT) is not the file's fault, hence none.
 */
export function storeError(
  lines: readonly string[],
  pathOf: (index: number) => string,
): FileError | undefined {
  for (const line of lines) {
    const [, index, errno, needed, free] =
      /^! (?:(-?\d+) )?(\S+)(?: (\d+) (\d+))?/.exec(line) ?? [];
    if (errno === undefined || errno === 'ETIMEDOUT' || errno === '110') continue;
    const path = pathOf(Math.max(0, Number(index ?? 0)));
    if (needed !== undefined && free !== undefined)
      return noSpace(path, Number(needed), Number(free));
    return fileError(errno, path);
  }
  return undefined;
}

/** Throws the FileError that a line `! ENOENT` of an answer stands for; gives the other lines. */
export function linesOrError(lines: readonly string[], path: string): readonly string[] {
  for (const line of lines) {
    const errno = ERROR_LINE.exec(line)?.[1];
    if (errno !== undefined) throw fileError(errno, path);
  }
  return lines;
}
