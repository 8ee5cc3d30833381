import * as l10n from '@vscode/l10n';
import type { BoardFiles, Places } from '../boardFiles';
import { text } from '../bytes';
import { FileError, ProtocolError } from '../errors';
import { parseBytes, under } from './paths';

/** Default locations, for ordinary boards and for those that cannot be asked. */
export const USUAL_PLACES: Places = { home: '/', lib: '/lib' };

/**
 * Parses the output of placesVerb.py: the root for files, then `sys.path`.
 * @throws FileError ENODEV if no file system is mounted
 */
export function parsePlaces(lines: readonly string[]): Places {
  const [home, ...paths] = lines.map((line) => {
    const bytes = parseBytes(line);
    return bytes && text(bytes);
  });
  if (home === '') throw noFileSystem('/');
  if (home === undefined || !/^\/[^/]*$/.test(home)) {
    throw new ProtocolError(l10n.t("The board's answer about its file systems is invalid"));
  }
  // The same rule as mip on the board; a ROM cannot be written.
  const lib = paths.find((path) => path?.endsWith('/lib') && /^\/(?!rom\b)/.test(path));
  return { home, lib: lib ?? under(home, '/lib') };
}

/** Returns the error for a board without a file system. */
export function noFileSystem(path: string, cause?: unknown): FileError {
  return new FileError('ENODEV', path, l10n.t('No file system is mounted on the board'), {
    cause,
    hint: l10n.t(
      'Its flash may be erased. Reset the board, since most firmware then formats it. Otherwise format and mount it at the REPL (vfs.VfsLfs2.mkfs), or flash the firmware again.',
    ),
  });
}

/**
 * Explains `error`, which comes from a path where nothing is mounted, on a board with these places.
 */
export function notMounted(error: FileError, { home }: Places): FileError {
  const { path } = error;
  if (home === '/' || path === home || path.startsWith(`${home}/`)) return error;
  const place = path === '/' ? home : home + path;
  return new FileError('ENODEV', path, l10n.t('Nothing is mounted at {0} on the board', path), {
    cause: error,
    hint: l10n.t('This board keeps its files in {0}: use {1}.', home, place),
  });
}

/**
 * Asks the board where its files are if `error` says that nothing is mounted at a path, and returns
 * an error that says so. `ask` returns the output of placesVerb.py, or undefined if the board
 * cannot be asked.
 */
export async function explained(
  error: unknown,
  ask: () => Promise<readonly string[] | undefined>,
): Promise<unknown> {
  if (!(error instanceof FileError) || !/^(ENODEV|EPERM)$/.test(error.errno)) return error;
  const lines = await ask();
  if (!lines) return error;
  return lines[0] === "''"
    ? noFileSystem(error.path, error)
    : notMounted(error, parsePlaces(lines));
}

/**
 * Adapts `paths`, which are meant for any board, to this one: if it mounts nothing at the root,
 * they move below its home. Paths on one of its file systems (`/sd/log`) stay unchanged.
 */
export async function inHome(
  files: BoardFiles,
  paths: readonly string[],
  signal?: AbortSignal,
): Promise<string[]> {
  const { home } = await files.places(signal);
  if (home === '/') return [...paths];
  const mounted = new Set((await files.list('/', signal)).map(({ name }) => name));
  return paths.map((path) => {
    if (mounted.has(path.split('/')[1] ?? '')) return path;
    return path === '/' ? home : home + path;
  });
}
