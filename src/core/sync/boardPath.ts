import { UsageError } from '../errors';

/**
 * `path` as an absolute path on a board: one `/` between parts, none at the end, no `.`.
 * @throws UsageError when it holds `..` or a control character
 */
export function boardPath(path: string): string {
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(path)) {
    throw new UsageError(`${JSON.stringify(path)} is no path: it holds a control character`);
  }
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) {
    throw new UsageError(`${JSON.stringify(path)} leads out of its folder`, {
      hint: 'Write the place on the board without "..".',
    });
  }
  return `/${parts.join('/')}`;
}

/** `folder` and a relative path below it. @throws UsageError as {@link boardPath} */
export function joinBoard(folder: string, relative: string): string {
  return boardPath(`${folder}/${relative}`);
}

/** The part of `path` below `folder` ('' for the folder itself), undefined when it is not in there. */
export function below(folder: string, path: string): string | undefined {
  if (path === folder) return '';
  const start = folder === '/' ? '/' : `${folder}/`;
  return path.startsWith(start) ? path.slice(start.length) : undefined;
}

/** All folders above `path`, the nearest first, without `/`. */
export function parentsOf(path: string): string[] {
  const parents: string[] = [];
  for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1)) {
    parents.push(path.slice(0, at));
  }
  return parents;
}

/** The last part. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** Sort order of paths: by code unit, the same on every computer. */
export function byPath(a: { path: string }, b: { path: string }): number {
  return a.path < b.path ? -1 : a.path > b.path ? 1 : 0;
}
