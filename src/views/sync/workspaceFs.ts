import * as vscode from 'vscode';
import { type LocalEntry, type LocalFs, nodeLocalFs } from '../../core/sync';
import { placeFile } from '../saveFile';

/**
 * Returns the files of the window's own machine or of the remote one that `base` is on. Paths are those of
 * URIs.
 */
export function workspaceFs(base: vscode.Uri): LocalFs {
  const { fs } = vscode.workspace;
  const at = (path: string) => uriAt(base, path);
  return {
    list: (folder) =>
      orAbsent(async () =>
        (await fs.readDirectory(at(folder))).map(([name, type]) => entry(name, type)),
      ),
    stat: (path) =>
      orAbsent(async () => {
        const { type, size } = await fs.stat(at(path));
        if (type & vscode.FileType.Directory) return { type: 'dir', size };
        return type & vscode.FileType.File ? { type: 'file', size } : undefined;
      }),
    read: async (path) => fs.readFile(at(path)),
    write: (path, content) => placeFile(at(path), content),
    remove: async (path) => fs.delete(at(path)),
    real: async (path) => {
      const target = at(path);
      if (target.scheme !== 'file') return path;
      return vscode.Uri.file(await nodeLocalFs.real(target.fsPath)).path;
    },
  };
}

/** Returns the file at an absolute path, in the workspace of `base`. */
export function uriAt(base: vscode.Uri, path: string): vscode.Uri {
  return base.with({ path: path.startsWith('/') ? path : `/${path}`, query: '', fragment: '' });
}

function entry(name: string, type: vscode.FileType): LocalEntry {
  const isLink = (type & vscode.FileType.SymbolicLink) !== 0;
  if (type & vscode.FileType.Directory) return { name, type: isLink ? 'link' : 'dir' };
  return { name, type: type & vscode.FileType.File ? 'file' : 'other' };
}

async function orAbsent<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    const absent = ['FileNotFound', 'FileNotADirectory', 'EntryNotFound'];
    if (error instanceof vscode.FileSystemError && absent.includes(error.code)) return undefined;
    throw error;
  }
}
