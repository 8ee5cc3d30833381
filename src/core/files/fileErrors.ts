import { bytesText } from '../board';
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
  ENODEV: [
    (p) => `Nothing is mounted at ${p} on the board`,
    'List / to see where the file systems of the board are.',
  ],
  EPERM: [(p) => `The board does not allow ${p} to be changed`, 'Is it the root of a file system?'],
  EIO: [
    (p) => `${p} could not be written or read correctly`,
    'The flash or card may be worn or full; the old file was kept.',
  ],
  EACCES: [(p) => `The board does not allow access to ${p}`, undefined],
  ENOMEM: [(p) => `The board ran out of memory at ${p}`, 'Soft-reset the board and try again.'],
};

/**
 * MicroPython 1.9.2 on the micro:bit reports this instead of an errno (in `open` and `os.remove`).
 */
const NOT_FOUND = 'file not found';
const ERROR_LINE = new RegExp(`^! (${NOT_FOUND}|\\S+)`);

/** The FileError for an errno, given by name (`ENOENT`) or number (`2`). */
export function fileError(errno: string, path: string, cause?: unknown): FileError {
  const known = errno === NOT_FOUND ? 'ENOENT' : errnoName('OSError', errno);
  const name = errno === 'ENOMEM' ? 'ENOMEM' : known;
  if (name === undefined) {
    const said = `The board reports error ${errno.slice(0, 40)} for ${path}`;
    return new FileError('EIO', path, said, { cause });
  }
  const [message, hint] = WORDS[name];
  return new FileError(name, path, message(path), { hint, cause });
}

/** The error for a full file system, with needed and free bytes. */
export function noSpace(path: string, needed: number, free: number): FileError {
  const message = `No space left on the board: ${path} needs ${bytesText(needed)}, ${bytesText(free)} are free`;
  return new FileError('ENOSPC', path, message, { hint: WORDS.ENOSPC[1] });
}

/**
 * Parses the store's error line: `! <files opened before, or -1> <errno> <bytes needed> <bytes
 * free>`. ETIMEDOUT means that no more data arrived, which is not the file's fault, so it gives no
 * error.
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

/** Throws the FileError for a line such as `! ENOENT` in an answer; otherwise returns the lines. */
export function linesOrError(lines: readonly string[], path: string): readonly string[] {
  for (const line of lines) {
    const errno = ERROR_LINE.exec(line)?.[1];
    if (errno !== undefined) throw fileError(errno, path);
  }
  return lines;
}
