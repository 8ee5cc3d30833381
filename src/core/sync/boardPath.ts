import * as l10n from '@vscode/l10n';
import { UsageError } from '../errors';

/**
 * Normalises `path` to an absolute board path: single `/` between parts, none at the end, no `.`.
 * @throws UsageError when it contains `..` or a control character
 */
export function boardPath(path: string): string {
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(path)) {
    throw new UsageError(
      l10n.t('{0} is not a valid path: it contains a control character', JSON.stringify(path)),
    );
  }
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) {
    throw new UsageError(l10n.t('{0} leads outside its folder', JSON.stringify(path)), {
      hint: l10n.t('Give the path on the board without "..".'),
    });
  }
  return `/${parts.join('/')}`;
}

/** Joins `folder` and a relative path. @throws UsageError as {@link boardPath} */
export function joinBoard(folder: string, relative: string): string {
  return boardPath(`${folder}/${relative}`);
}

/** Returns the part of `path` below `folder` ('' for the folder itself), or undefined if it is outside. */
export function below(folder: string, path: string): string | undefined {
  if (path === folder) return '';
  const start = folder === '/' ? '/' : `${folder}/`;
  return path.startsWith(start) ? path.slice(start.length) : undefined;
}

/** Returns all folders above `path`, the nearest first, without `/`. */
export function parentsOf(path: string): string[] {
  const parents: string[] = [];
  for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1)) {
    parents.push(path.slice(0, at));
  }
  return parents;
}

/** Returns the last part of a path. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** Compares paths by code unit, so the order is the same on every computer. */
export function byPath(a: { path: string }, b: { path: string }): number {
  return a.path < b.path ? -1 : a.path > b.path ? 1 : 0;
}
