import * as l10n from '@vscode/l10n';
import { FileError } from '../errors';
import { shownPath } from './paths';
import { fileProblem, hostNames, nameProblem } from './hostNames';

/**
 * Splits a board's path into parts that are safe as local file names: a name from a board never
 * leads outside its target folder.
 * @throws FileError EINVAL
 */
export function localParts(boardPath: string, host = hostNames()): string[] {
  const parts = boardPath.split('/').filter((part) => part !== '');
  if (parts.length === 0 || nameProblem(boardPath, host)?.severity === 'error') {
    throw new FileError(
      'EINVAL',
      boardPath,
      l10n.t(
        'The file {0} of the board cannot have that name on this computer',
        JSON.stringify(shownPath(boardPath)),
      ),
      { hint: l10n.t('Rename it on the board, then download it.') },
    );
  }
  return parts;
}

/**
 * Splits `entries` of a board into those that are written here and those that are not, judging
 * their `path` from index `below`. Omitted are names that this computer cannot store, and files
 * that its tools would obey unless the user `named` them.
 */
export function holdable<T extends { readonly path: string; readonly named?: boolean }>(
  entries: readonly T[],
  below = 0,
  host = hostNames(),
): { fit: T[]; unfit: T[] } {
  const unfit = new Set(
    entries.filter(({ path, named }) => {
      const problem = named ? nameProblem : fileProblem;
      return problem(path.slice(below), host)?.severity === 'error';
    }),
  );
  return { fit: entries.filter((entry) => !unfit.has(entry)), unfit: [...unfit] };
}
