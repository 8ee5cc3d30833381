import * as l10n from '@vscode/l10n';
import { join } from 'node:path';
import type { Board } from '../board';
import { UsageError } from '../errors';
import { localParts } from '../files';
import { replaceFile } from '../localFiles';
import { naturally } from '../many';
import {
  compileMpy,
  parseSpec,
  type MpyCross,
  type PackageBoard,
  type PackageManager,
} from '../packages';
import type { NotebookHost } from './host';

/** Services that install and compile for notebook cells. */
export interface PackageServices {
  readonly manager: PackageManager;
  readonly mpyCross: MpyCross;
  readonly boardFor: (board: Board, signal?: AbortSignal) => Promise<PackageBoard>;
  /** The packages folder on the board, and whether packages are compiled. */
  readonly settings: () => { readonly target: string; readonly compile: boolean };
  /** Called after the packages of a board have changed. */
  readonly changed: (board: Board) => void;
}

/** The newest bytecode that MicroPython loads, because `%mpycross` does not compile for a particular board. */
const NEWEST = { mpy: { version: 6, subVersion: 3, arch: '' } };

/** Implements packages for `%pip`, `%upip` and `%mpycross`. */
export function notebookPackages({
  manager,
  mpyCross,
  boardFor,
  settings,
  changed,
}: PackageServices): NotebookHost['packages'] {
  const line = (p: { name: string; version: string }) => `${p.name} ${p.version}`.trim();
  return {
    toBoard: async (board, specs, { signal, target = settings().target }) => {
      const options = { target, compile: settings().compile, signal };
      const done = await manager.install(await boardFor(board, signal), specs, options);
      changed(board);
      return done.map(line);
    },
    toFolder: async (folder, specs, signal) => {
      const wanted = specs.map((spec) => parseSpec(spec));
      const fetched = await manager.downloads(signal).fetch(wanted, {});
      for (const { files } of fetched) {
        for (const { path, content } of files) {
          const local = join(folder, ...localParts(`/${path}`));
          await replaceFile(local, content);
        }
      }
      return fetched.map(line);
    },
    list: async (board, signal) => {
      const states = await manager.list(await boardFor(board, signal), signal);
      return states
        .map((p) => `${line(p)}${p.state === 'intact' ? '' : ` (${p.state})`}`)
        .sort(naturally);
    },
    remove: async (board, names, signal) => {
      const { removed } = await manager.remove(await boardFor(board, signal), names, { signal });
      changed(board);
      return removed.map(line);
    },
    compile: async (file, source) => {
      const mpy = await compileMpy(file, source, NEWEST, mpyCross);
      if (mpy) return mpy;
      throw new UsageError(l10n.t('{0} cannot be compiled here', file), {
        hint: l10n.t('It contains native code, or needs a newer compiler.'),
      });
    },
  };
}
