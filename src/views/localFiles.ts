import * as vscode from 'vscode';
import type { FleetAction } from '../core/many';
import { below, BUILT_IN_RULES, VENV_MARK } from '../core/sync';
import { UsageError } from '../core/errors';
import { isInWorkspace, workspaceFs } from './sync';
import { childOf, nameOf } from './tree';

/** Depth at which nested folders are assumed to be a loop of links. */
const MAX_DEPTH = 32;

export interface LocalFile {
  readonly local: vscode.Uri;
  /** Destination on the board. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
}

/** Local files and folders with their destinations on the board. */
export interface LocalTree {
  readonly files: readonly LocalFile[];
  /** Folders without files, which must be created separately. */
  readonly emptyFolders: readonly string[];
}

/** Collects everything in `uris`, each under its own name below `folder` on the board. */
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
    if (entries.some(([name]) => name === VENV_MARK)) return;
    const wanted = entries.filter(
      ([name, type]) => !BUILT_IN_RULES.ignores(name, (type & vscode.FileType.Directory) !== 0),
    );
    if (wanted.length === 0) emptyFolders.push(path);
    for (const [name, type] of wanted.sort(([a], [b]) => (a < b ? -1 : 1))) {
      const inside = vscode.Uri.joinPath(local, name);
      if (type & vscode.FileType.SymbolicLink) await refuseOutside(inside, local);
      await visit(inside, childOf(path, name), depth + 1);
    }
  };
  for (const uri of topmost(uris)) await visit(uri, childOf(folder, nameOf(uri.path)), 0);
  return { files, emptyFolders };
}

/**
 * Reads what {@link collectLocal} finds, once for all boards.
 * @throws UsageError when there is nothing to upload
 */
export async function uploadAction(
  uris: readonly vscode.Uri[],
  folder: string,
): Promise<Extract<FleetAction, { kind: 'upload' }>> {
  const { files, emptyFolders } = await collectLocal(uris, folder);
  if (files.length + emptyFolders.length === 0)
    throw new UsageError(vscode.l10n.t('The selection contains no files'));
  const read = files.map(async ({ local, path }) => ({
    path,
    local: local.toString(),
    content: await vscode.workspace.fs.readFile(local),
  }));
  const label = filesInWords(files);
  return { kind: 'upload', files: await Promise.all(read), emptyFolders, label };
}

/**
 * Refuses links that leave the folder and the workspace: a repository can contain links to any
 * place on the computer.
 * @throws UsageError
 */
async function refuseOutside(link: vscode.Uri, folder: vscode.Uri): Promise<void> {
  const fs = workspaceFs(link);
  const real = await fs.real(link.path);
  if (below(await fs.real(folder.path), real) !== undefined || (await isInWorkspace(real))) return;
  throw new UsageError(
    vscode.l10n.t('{0} is a link to {1}, outside this workspace', nameOf(link.path), real),
    {
      hint: vscode.l10n.t(
        'Nothing was uploaded. Remove the link, or upload that file or folder on its own.',
      ),
    },
  );
}

/** Removes paths inside other selected folders: a folder and one of its files may both be selected. */
function topmost(uris: readonly vscode.Uri[]): vscode.Uri[] {
  return uris.filter((uri) => !uris.some((other) => uri.path.startsWith(`${other.path}/`)));
}

/** Returns the name of a single file, or the number of files, for titles. */
export function filesInWords(files: readonly { readonly path: string }[]): string {
  const [first] = files;
  return first && files.length === 1
    ? nameOf(first.path)
    : vscode.l10n.t('{0} files', files.length);
}
