import { typedPath } from '../../core/files';
import { Minimatch } from 'minimatch';
import type { BoardFiles } from '../../core/boardFiles';
import { FileError, UsageError } from '../../core/errors';

/** Characters that make a name a pattern. */
const MAGIC = /[*?[]/;

/**
 * Returns the path on the board that the user wrote. The leading colon is optional where only board
 * paths are allowed. `\x81` is an undecodable byte of a name, as ls shows it.
 * @throws UsageError for a Windows path: Git Bash turns `/lib` into one, and the board would get a
 * folder with that name
 */
export function boardPath(arg: string): string {
  if (/^[:;]?[A-Za-z]:([\\/]|$)/.test(arg)) {
    throw new UsageError(`"${arg}" is a Windows path, not a board path`, {
      hint: 'Git Bash turns /lib into such a path. Write :lib without the slash, or set MSYS_NO_PATHCONV=1.',
    });
  }
  return typedPath(arg.startsWith(':') ? arg.slice(1) : arg);
}

/** Returns the board paths of a verb. @throws UsageError if there are none */
export function boardPaths(args: readonly string[], verb: string): string[] {
  if (args.length === 0) {
    throw new UsageError(`${verb} needs a path on the board`, { hint: `mpyfleet ${verb} :lib` });
  }
  return args.map(boardPath);
}

/** The file system in which paths are looked up. */
export interface PathBoard {
  readonly files: Pick<BoardFiles, 'list'>;
  resolve(path: string, signal: AbortSignal): Promise<string>;
}

/**
 * Expands `paths` to absolute paths on the board; `*`, `?` and `[…]` match existing names, as in a shell. An existing name that equals
 * the pattern is taken literally.
 * @throws FileError ENOENT for a pattern without a match
 */
export async function expand(
  board: PathBoard,
  paths: readonly string[],
  signal: AbortSignal,
): Promise<string[]> {
  const found: string[] = [];
  for (const path of paths) {
    const absolute = await board.resolve(path, signal);
    if (!MAGIC.test(path)) {
      found.push(absolute);
      continue;
    }
    const fitting = await matches(board, absolute, signal);
    if (fitting.length === 0) {
      throw new FileError('ENOENT', absolute, `Nothing on the board matches ${absolute}`, {
        hint: 'mpyfleet ls lists the files.',
      });
    }
    found.push(...fitting);
  }
  return [...new Set(found)];
}

async function matches(board: PathBoard, pattern: string, signal: AbortSignal): Promise<string[]> {
  const parts = pattern.split('/').filter((part) => part !== '');
  let at = [''];
  for (const [index, part] of parts.entries()) {
    const last = index === parts.length - 1;
    if (!MAGIC.test(part)) {
      at = at.map((folder) => `${folder}/${part}`);
      continue;
    }
    const next: string[] = [];
    for (const folder of at) {
      const entries = await listed(board, folder || '/', signal);
      const fits = matcher(
        part,
        entries.map((e) => e.name),
      );
      next.push(
        ...entries
          .filter((e) => fits(e.name) && (last || e.type === 'dir'))
          .map((e) => `${folder}/${e.name}`)
          .sort(),
      );
    }
    at = next;
  }
  return at;
}

/**
 * Returns the contents of a folder. Empty if a pattern further up matched something that is not a
 * folder.
 */
async function listed(board: PathBoard, folder: string, signal: AbortSignal) {
  try {
    return await board.files.list(folder, signal);
  } catch (error) {
    if (error instanceof FileError && ['ENOENT', 'ENOTDIR'].includes(error.errno)) return [];
    throw error;
  }
}

/**
 * Matches names against one part of a pattern. `names`: the existing names; one that equals the
 * pattern is the only match.
 */
export function matcher(part: string, names: readonly string[]): (name: string) => boolean {
  if (names.includes(part)) return (name) => name === part;
  const pattern = new Minimatch(part, {
    nobrace: true,
    noext: true,
    nocomment: true,
    nonegate: true,
  });
  return (name) => pattern.match(name);
}

/** Returns whether a path contains a pattern. */
export function isPattern(path: string): boolean {
  return MAGIC.test(path);
}
