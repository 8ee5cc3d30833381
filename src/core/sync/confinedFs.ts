import * as l10n from '@vscode/l10n';
import { below } from './boardPath';
import { joinLocal } from './folderScan';
import { OutsideError, type LocalFs } from './localFs';

/** Whether a file outside the folder may be read; `path` is its real path. */
export type MayRead = (path: string) => boolean | Promise<boolean>;

/**
 * Restricts `fs` to paths below `base`. A repository can contain links, and files that name paths elsewhere. Data from a board must
 * not be written there, and private files must not go to a board. Nothing is written through a linked folder. A file behind a
 * link is read if the link leads below `base`, or if `mayRead` allows it.
 * @throws OutsideError from `read`, `write` and `remove`
 */
export function confinedFs(fs: LocalFs, base: string, mayRead: MayRead = () => false): LocalFs {
  let realBase: Promise<string> | undefined;
  const mayWrite = async (path: string) => {
    const relative = path.includes('/../') ? undefined : below(base, path);
    if (relative === undefined || relative === '') throw notWritten(path, base);
    let folder = base;
    for (const part of relative.split('/').slice(0, -1)) {
      const entry = (await fs.list(folder))?.find(({ name }) => name === part);
      if (!entry) return; // created by the write
      if (entry.type !== 'dir') throw notWritten(path, base);
      folder = joinLocal(folder, part);
    }
  };
  return {
    list: (folder) => fs.list(folder),
    stat: (path) => fs.stat(path),
    real: (path) => fs.real(path),
    read: async (path) => {
      const real = await fs.real(path);
      const isInside = below(await (realBase ??= fs.real(base)), real) !== undefined;
      if (!isInside && !(await mayRead(real))) throw notRead(path, real, base);
      return fs.read(path);
    },
    write: async (path, content) => {
      await mayWrite(path);
      await fs.write(path, content);
    },
    remove: async (path) => {
      await mayWrite(path);
      await fs.remove(path);
    },
  };
}

function notWritten(path: string, base: string): OutsideError {
  return new OutsideError(
    path,
    l10n.t('{0} is outside {1} or behind a link, so it was not written', path, base),
    l10n.t(
      'Files from boards are written only into the folder itself. Remove the link, or leave the file out.',
    ),
  );
}

function notRead(path: string, real: string, base: string): OutsideError {
  const what = real === path ? path : `${path} is a link to ${real}, which`;
  return new OutsideError(
    path,
    l10n.t('{0} is outside {1}, so it was not read', what, base),
    l10n.t('Copy the file into the folder if the board needs it.'),
  );
}
