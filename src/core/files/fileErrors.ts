import * as l10n from '@vscode/l10n';
import { bytesText } from '../board';
import { FileError } from '../errors';
import { errnoName } from '../python/python';

type Errno = FileError['errno'];

/**
 * Describes an errno for `path`. Called when the error is created, because only then is the
 * language known.
 */
const WORDS: Record<Errno, (path: string) => { message: string; hint?: string }> = {
  ENOENT: (path) => ({
    message: l10n.t('{0} is not on the board', path),
    hint: l10n.t('Refresh the list of files.'),
  }),
  EEXIST: (path) => ({
    message: l10n.t('{0} already exists', path),
    hint: l10n.t('Choose another name, or delete or move that one first.'),
  }),
  ENOSPC: (path) => ({
    message: l10n.t('No space left on the board for {0}', path),
    hint: fullHint(),
  }),
  EISDIR: (path) => ({ message: l10n.t('{0} is a folder', path) }),
  ENOTDIR: (path) => ({
    message: l10n.t('{0} is not in a folder', path),
    hint: l10n.t('A part of this path is a file.'),
  }),
  ENOTEMPTY: (path) => ({
    message: l10n.t('The folder {0} is not empty', path),
    hint: l10n.t('Delete its content as well.'),
  }),
  EROFS: (path) => ({
    message: l10n.t("{0} cannot be changed: the board's file system is read-only", path),
    hint: l10n.t('On CircuitPython, eject the CIRCUITPY drive, or write to the drive itself.'),
  }),
  EINVAL: (path) => ({
    message: l10n.t('The board does not accept {0}', path),
    hint: l10n.t('Check the path, and that a file system is mounted there.'),
  }),
  EBUSY: (path) => ({
    message: l10n.t('{0} is in use on the board', path),
    hint: l10n.t('Reset the board and try again.'),
  }),
  ENODEV: (path) => ({
    message: l10n.t('Nothing is mounted at {0} on the board', path),
    hint: l10n.t('List / to see where the file systems of the board are.'),
  }),
  EPERM: (path) => ({
    message: l10n.t('The board does not allow {0} to be changed', path),
    hint: l10n.t('Is it the root of a file system?'),
  }),
  ENOSYS: (path) => ({
    message: l10n.t('This firmware cannot hash files, so {0} cannot be compared', path),
  }),
  EIO: (path) => ({
    message: l10n.t('{0} could not be written or read correctly', path),
    hint: l10n.t('The flash or card may be worn or full; the old file was kept.'),
  }),
  EACCES: (path) => ({ message: l10n.t('The board does not allow access to {0}', path) }),
  ENOMEM: (path) => ({
    message: l10n.t('The board ran out of memory at {0}', path),
    hint: l10n.t('Soft-reset the board and try again.'),
  }),
};

function fullHint(): string {
  return l10n.t('Delete files that are not needed.');
}

/**
 * MicroPython 1.9.2 on the micro:bit reports this instead of an errno (in `open` and `os.remove`).
 */
const NOT_FOUND = 'file not found';
const ERROR_LINE = new RegExp(`^! (${NOT_FOUND}|\\S+)`);

/** Returns the FileError for an errno, given by name (`ENOENT`) or number (`2`). */
export function fileError(errno: string, path: string, cause?: unknown): FileError {
  const known = errno === NOT_FOUND ? 'ENOENT' : errnoName('OSError', errno);
  const name = errno === 'ENOMEM' ? 'ENOMEM' : known;
  if (name === undefined) {
    const said = l10n.t('The board reports error {0} for {1}', errno.slice(0, 40), path);
    return new FileError('EIO', path, said, { cause });
  }
  const { message, hint } = WORDS[name](path);
  return new FileError(name, path, message, { hint, cause });
}

/** Returns the error for firmware without SHA-256. */
export function cannotHash(path: string): FileError {
  return new FileError('ENOSYS', path, WORDS.ENOSYS(path).message);
}

/** Returns the error for a full file system, with needed and free bytes. */
export function noSpace(path: string, needed: number, free: number): FileError {
  const message = l10n.t(
    'No space left on the board: {0} needs {1}, {2} are free',
    path,
    bytesText(needed),
    bytesText(free),
  );
  return new FileError('ENOSPC', path, message, { hint: fullHint() });
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
