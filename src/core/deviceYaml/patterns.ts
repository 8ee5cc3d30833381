import { Minimatch, type MinimatchOptions } from 'minimatch';

/** What iot-kernel takes of a folder when nothing else is said. */
export const DEFAULT_INCLUDE: readonly string[] = ['./**/*.py', './**/*.mpy', './**/'];
export const DEFAULT_EXCLUDE: readonly string[] = ['boot_out.txt'];

/** Python's glob: `**` any folders, names that begin with a dot only when the pattern says the dot. */
const PYTHON_GLOB: MinimatchOptions = {
  nocomment: true,
  nonegate: true,
  nobrace: true,
  noext: true,
  platform: 'linux',
};

/** Whether a pattern stays inside the resource. */
export function isInside(pattern: string): boolean {
  return !pattern.split(/[\\/]/).includes('..') && !/^[A-Za-z]:/.test(pattern);
}

/** Tells which files of a folder are taken, by their path relative to it. */
export function fileFilter(
  include: readonly string[],
  exclude: readonly string[],
): (relative: string) => boolean {
  // A pattern with `/` at its end stands for folders, and no folder is uploaded by itself.
  const files = include.filter((pattern) => !pattern.endsWith('/')).map(bare);
  const taken = files.map((pattern) => new Minimatch(pattern, PYTHON_GLOB));
  const dropped = exclude.map((pattern) => fnmatch(bare(pattern).replace(/\/$/, '')));
  return (relative) =>
    taken.some((matcher) => matcher.match(relative)) &&
    !withParents(relative).some((path) => dropped.some((regex) => regex.test(path)));
}

/** Excluding a folder excludes what is in it. */
function withParents(relative: string): string[] {
  const parts = relative.split('/');
  return parts.map((_, i) => parts.slice(0, i + 1).join('/'));
}

function bare(pattern: string): string {
  return pattern.replace(/^(\.?\/)+/, '');
}

/** Python's fnmatch as a regular expression: `*` and `?` match `/` as well. */
function fnmatch(pattern: string): RegExp {
  const source = pattern.replace(
    /\[(!?)(\]?[^\]]*)\]|\*+|\?|[\\^$.|+(){}[\]]/g,
    (found, not?: string, set?: string) => {
      if (set !== undefined) return `[${not ? '^' : ''}${set.replace(/[\\\]^]/g, '\\$&')}]`;
      if (found.startsWith('*')) return '.*';
      return found === '?' ? '.' : `\\${found}`;
    },
  );
  return new RegExp(`^(?:${source})$`, 's');
}
