import * as l10n from '@vscode/l10n';
import { isRawName, shownPath } from './paths';

/** How the computer's file system treats names. */
export interface HostNames {
  readonly windows: boolean;
  /** `Main.py` and `main.py` are one file. */
  readonly caseInsensitive: boolean;
}

/** A name that this computer cannot have, or should not. */
export interface NameProblem {
  /** `error`: the file at `path` is left out. `warning`: it is included. */
  readonly severity: 'error' | 'warning';
  /** A path on the board. */
  readonly path: string;
  readonly message: string;
}

/** Names that Windows keeps for devices, with or without an extension. */
const DEVICE = /^(con|prn|aux|nul|conin\$|conout\$|com[\d¹²³]|lpt[\d¹²³])(\..*)?$/i;
// eslint-disable-next-line no-control-regex -- Windows allows no control characters in names
const NOT_ON_WINDOWS = /[<>:"\\|?*\u0000-\u001f]|[. ]$/;

/**
 * Names of files that programs on this computer execute or obey: git (hooks, filters), editors (tasks, settings), direnv. A board
 * that puts such a file into a project could run code here.
 */
const OBEYED =
  /^\.(git|hg|svn|vscode|idea|devcontainer|devcontainer\.json|github|gitlab-ci\.yml|envrc|husky|gitmodules|gitattributes|pre-commit-config\.yaml)$/i;

/** Returns the host that this process runs on. */
export function hostNames(platform: NodeJS.Platform = process.platform): HostNames {
  return {
    windows: platform === 'win32',
    caseInsensitive: platform === 'win32' || platform === 'darwin',
  };
}

/**
 * Checks a board's file name before the file is written on this computer: `error` if this computer
 * cannot store it, `warning` if another one could not.
 */
export function nameProblem(path: string, host: HostNames): NameProblem | undefined {
  for (const part of path.split('/').filter((p) => p !== '')) {
    if (part === '.' || part === '..' || part.includes('\0')) {
      return error(
        path,
        l10n.t("The board's path {0} leads outside its folder", JSON.stringify(path)),
      );
    }
    if (isRawName(part)) {
      return error(
        path,
        l10n.t('The name of {0} is not valid text: rename it on the board', shownPath(path)),
      );
    }
    if (!NOT_ON_WINDOWS.test(part) && !DEVICE.test(part)) continue;
    const name = JSON.stringify(part);
    if (host.windows) {
      return error(
        path,
        l10n.t('Windows does not allow a file named {0}: rename it on the board', name),
      );
    }
    const message = l10n.t('Windows does not allow a file named {0}', name);
    return { severity: 'warning', path, message };
  }
  return undefined;
}

/**
 * Checks a file of a board that the user did not name, before it is written here: what
 * `nameProblem` finds, and names that tools of this computer obey.
 */
export function fileProblem(path: string, host: HostNames): NameProblem | undefined {
  const obeyed = path.split('/').find((part) => {
    // Some systems take other spellings for the same name: `.GIT`, `.git.`, `.g\u200cit`.
    return OBEYED.test(part.replace(/\p{Cf}|[. ]+$/gu, ''));
  });
  if (obeyed === undefined) return nameProblem(path, host);
  return error(
    path,
    l10n.t(
      '{0} stays on the board, because tools on this computer would act on such a file',
      shownPath(path),
    ),
  );
}

/**
 * Returns all but the first of paths that differ only in case or in how accents are encoded. On
 * hosts that treat them as the same file, one would overwrite the other.
 */
export function nameCollisions(
  places: readonly { path: string; local: string }[],
  host: HostNames,
): NameProblem[] {
  const first = new Map<string, string>();
  const problems: NameProblem[] = [];
  for (const { path, local } of places) {
    const key = local.normalize('NFC').toLowerCase();
    const other = first.get(key);
    if (other === undefined) {
      first.set(key, path);
      continue;
    }
    const message = l10n.t('{0} and {1} are one file on Windows and macOS', path, other);
    problems.push({ severity: host.caseInsensitive ? 'error' : 'warning', path, message });
  }
  return problems;
}

function error(path: string, message: string): NameProblem {
  return { severity: 'error', path, message };
}
