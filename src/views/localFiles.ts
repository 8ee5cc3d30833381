import * as vscode from 'vscode';
import { childOf, nameOf } from './tree/nodes';

/** Left out when a folder is uploaded: made by tools, of no use on a board. */
const SKIPPED = new Set(['.git', '__pycache__', '.DS_Store', 'Thumbs.db', 'node_modules', '.venv']);

/** Folders nested deeper than this are a loop of links. */
const MAX_DEPTH = 32;

export interface LocalFile {
  readonly local: vscode.Uri;
  /** Where it goes on the board. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
}

/** Local files and folders, with the place on a board that each goes to. */
export interface LocalTree {
  readonly files: readonly LocalFile[];
  /** Folders without a file in them, which have to be made by themselves. */
  readonly emptyFolders: readonly string[];
}

/** Everything in `uris`, each under its own name below `folder` on the board. */
export async function collectLocal(
  uris: readonly vscode.Uri[],
  folder: string,
): Promise<LocalTree> {
  const files: LocalFile[] = [];
  const emptyFolders: string[] = [];
  const visit = async (local: vscode.Uri, path: string, depth: number): Promise<void> => {
    const stat = await vscode.workspace.fs.stat(local);
    if (!(stat.type & vscode.FileType.Directory)) {
      files.push({ local, path, size: stat.size });
      return;
    }
    if (depth > MAX_DEPTH) return;
    const entries = await vscode.workspace.fs.readDirectory(local);
    const wanted = entries.filter(([name]) => !SKIPPED.has(name));
    if (wanted.length === 0) emptyFolders.push(path);
    for (const [name] of wanted.sort(([a], [b]) => (a < b ? -1 : 1))) {
      await visit(vscode.Uri.joinPath(local, name), childOf(path, name), depth + 1);
    }
  };
  for (const uri of topmost(uris)) await visit(uri, childOf(folder, nameOf(uri.path)), 0);
  return { files, emptyFolders };
}

/** Without what lies within another of them: a folder and a file of it may both be selected. */
function topmost(uris: readonly vscode.Uri[]): vscode.Uri[] {
  return uris.filter((uri) => !uris.some((other) => uri.path.startsWith(`${other.path}/`)));
}

/** The name of the one file, or how many there are: for titles. */
export function filesInWords(files: readonly { readonly path: string }[]): string {
  const [first] = files;
  return first && files.length === 1
    ? nameOf(first.path)
    : vscode.l10n.t('{0} files', files.length);
}
