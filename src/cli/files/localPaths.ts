import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { UsageError } from '../../core/errors';
import { isPattern, matcher } from './boardPaths';
import { isNotFound } from '../../core/localFiles';

/**
 * Expands patterns in local paths, because cmd and PowerShell pass `*.py` on to the program. A
 * shell that expands patterns leaves none, and an existing file with such a name is taken
 * literally.
 * @throws UsageError for a pattern without a match
 */
export function expandLocal(cwd: string, paths: readonly string[]): string[] {
  return paths.flatMap((path) => {
    if (!isPattern(path) || existsSync(resolve(cwd, path))) return [path];
    const found = matches(cwd, path);
    if (found.length === 0) throw new UsageError(`No local file matches ${path}`);
    return found;
  });
}

function matches(cwd: string, path: string): string[] {
  const absolute = /^([A-Za-z]:)?[\\/]/.exec(path)?.[0] ?? '';
  const parts = path
    .slice(absolute.length)
    .split(/[\\/]+/)
    .filter((part) => part !== '');
  let at = [absolute];
  for (const part of parts) {
    at = at.flatMap((folder) => {
      if (!isPattern(part))
        return existsSync(resolve(cwd, folder, part)) ? [join(folder, part)] : [];
      const names = namesIn(resolve(cwd, folder));
      return names
        .filter(matcher(part, names))
        .sort()
        .map((name) => join(folder, name));
    });
  }
  return at;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (isNotFound(error)) return [];
    throw error;
  }
}
