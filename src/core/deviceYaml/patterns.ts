import { Minimatch, type MinimatchOptions } from 'minimatch';

/** The files that iot-kernel takes from a folder by default. */
export const DEFAULT_INCLUDE: readonly string[] = ['./**/*.py', './**/*.mpy', './**/'];
/** Patterns of files that never belong on a board: CircuitPython writes boot_out.txt itself. */
export const DEFAULT_EXCLUDE: readonly string[] = ['boot_out.txt'];

/** Python's glob: `**` matches any folders, and names starting with a dot match only a pattern with that dot. */
const PYTHON_GLOB: MinimatchOptions = {
  nocomment: true,
  nonegate: true,
  nobrace: true,
  noext: true,
  platform: 'linux',
};

/** Returns whether a pattern stays inside the resource. */
export function isInside(pattern: string): boolean {
  return !pattern.split(/[\\/]/).includes('..') && !/^[A-Za-z]:/.test(pattern);
}

/** Returns a test for the files of a folder, by their relative paths. */
export function fileFilter(
  include: readonly string[],
  exclude: readonly string[],
): (relative: string) => boolean {
  // A pattern that ends with `/` matches folders, and a folder alone is not uploaded.
  const files = include.filter((pattern) => !pattern.endsWith('/')).map(bare);
  const taken = files.map((pattern) => new Minimatch(pattern, PYTHON_GLOB));
  const dropped = exclude.map((pattern) => fnmatch(bare(pattern).replace(/\/$/, '')));
  return (relative) =>
    taken.some((matcher) => matcher.match(relative)) &&
    !withParents(relative).some((path) => dropped.some((regex) => regex.test(path)));
}

/** Returns the path and its parents: excluding a folder also excludes its content. */
function withParents(relative: string): string[] {
  const parts = relative.split('/');
  return parts.map((_, i) => parts.slice(0, i + 1).join('/'));
}

function bare(pattern: string): string {
  return pattern.replace(/^(\.?\/)+/, '');
}

/**
 * Compiles a pattern of Python's fnmatch, in which `*` and `?` also match `/`. It takes time proportional to pattern times
 * text in every case.
 */
function fnmatch(pattern: string): { test(text: string): boolean } {
  const parts = [...pattern.matchAll(/\[(!?)(\]?[^\]]*)\]|\*+|[^]/gu)].map(([found, not, set]) => {
    if (set !== undefined) {
      return new RegExp(`^[${not ? '^' : ''}${set.replace(/[\\\]^]/g, '\\$&')}]$`, 'su');
    }
    return found.startsWith('*') ? '*' : found;
  });
  return { test: (text) => matches(parts, Array.from(text)) };
}

/** Matches greedily: after a mismatch, only the last `*` is extended by one character. */
function matches(parts: readonly (string | RegExp)[], text: readonly string[]): boolean {
  let [at, part] = [0, 0];
  let star: { part: number; at: number } | undefined;
  while (at < text.length) {
    const wanted = parts[part];
    const char = text[at] ?? '';
    if (wanted === '*') {
      star = { part, at };
      part++;
    } else if (wanted instanceof RegExp ? wanted.test(char) : wanted === '?' || wanted === char) {
      at++;
      part++;
    } else if (star) {
      star.at++;
      at = star.at;
      part = star.part + 1;
    } else return false;
  }
  return parts.slice(part).every((rest) => rest === '*');
}
