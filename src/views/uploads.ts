import * as vscode from 'vscode';
import type { UploadServices } from '../core/many';
import { keepBefore } from '../core/sync';
import type { Origins } from './origins';
import type { PackageCenter } from './packages/packageCenter';
import type { Settings } from './settings';
import type { SyncCenter } from './sync';

/**
 * Services for uploads from the window: source is compiled if the setting asks for it, copies of replaced files are kept, and
 * tracebacks link to the local file.
 */
export function windowUploads(
  sync: SyncCenter,
  packages: PackageCenter,
  settings: Settings,
  origins: Origins,
): UploadServices {
  return {
    get compiles() {
      return settings.get('compileOnUpload');
    },
    compiler: async (board, signal) => {
      const compiler = await packages.compiling.forBoard(board, signal);
      if (!compiler) return undefined;
      return (path, content, local) =>
        compiler.compile(path, content, local === undefined ? undefined : vscode.Uri.parse(local));
    },
    replace: (board, items, options) =>
      items.length === 0
        ? Promise.resolve(0)
        : sync.replace(board, items, options, (files, changed) =>
            files.writeMany(changed, options),
          ),
    keep: (board, items, signal) =>
      keepBefore(sync.keepOptions(board, board.files, { signal }), items),
    uploaded: (boards, files) => {
      const known = files.flatMap(({ path, local }) =>
        local === undefined ? [] : [{ path, local: vscode.Uri.parse(local) }],
      );
      origins.note(boards, known);
      return Promise.resolve();
    },
  };
}
