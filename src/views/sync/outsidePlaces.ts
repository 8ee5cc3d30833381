import * as vscode from 'vscode';
import { Queue } from '../../core/async';
import { CancelledError } from '../../core/errors';
import { below, type MayRead } from '../../core/sync';
import { showWarningMessage } from '../message';
import { workspaceFs } from './workspaceFs';

/**
 * Key of the workspace's state: for each file that names others, the outside folders that it may
 * use.
 */
const KEY = 'mpyFleet.sync.outside';
/** Number of folders that the question lists. The rest is a count. */
const LISTED = 12;

type Agreed = Readonly<Record<string, readonly string[]>>;

/**
 * Permissions of device files and sync specifications to read outside the workspace. They come with
 * a repository and can name any of the user's files, so the user allows each folder once, for the
 * file that names it, before anything in it is read.
 */
export class OutsidePlaces {
  /** One question at a time: boards that are synced together share the answer. */
  readonly #asking = new Queue();

  constructor(private readonly state: vscode.Memento) {}

  /** Returns whether `source` may read the file that a path resolves to. */
  mayRead(source: vscode.Uri): MayRead {
    return async (path) => {
      if (await isInWorkspace(path)) return true;
      return this.#agreed[source.toString()]?.includes(folderOf(path)) ?? false;
    };
  }

  /**
   * Asks about those of `files` that `source` may not read yet.
   * @throws CancelledError when the user does not agree
   */
  ask(source: vscode.Uri, files: readonly string[]): Promise<void> {
    return this.#asking.run(() => this.#ask(source, files));
  }

  async #ask(source: vscode.Uri, files: readonly string[]): Promise<void> {
    const fs = workspaceFs(source);
    const mayRead = this.mayRead(source);
    const outside: string[] = [];
    for (const file of files) {
      const path = await fs.real(file);
      if (!(await mayRead(path))) outside.push(path);
    }
    if (outside.length === 0) return;
    const byFolder = new Map<string, string[]>();
    for (const path of outside.sort()) {
      const folder = folderOf(path);
      byFolder.set(folder, [...(byFolder.get(folder) ?? []), path.slice(folder.length + 1)]);
    }
    const name = source.path.split('/').at(-1) ?? '';
    const one = outside.length === 1;
    const question = one
      ? vscode.l10n.t('{0} uses a file from outside this workspace. Send it to the board?', name)
      : vscode.l10n.t(
          '{0} uses {1} files from outside this workspace. Send them to the board?',
          name,
          outside.length,
        );
    const send = one ? vscode.l10n.t('Send It') : vscode.l10n.t('Send Them');
    const answer = await showWarningMessage(
      question,
      { modal: true, detail: list(byFolder) },
      send,
    );
    if (answer !== send) throw new CancelledError();
    const known = this.#agreed[source.toString()] ?? [];
    const agreed = { ...this.#agreed, [source.toString()]: [...known, ...byFolder.keys()] };
    await this.state.update(KEY, agreed);
  }

  get #agreed(): Agreed {
    return this.state.get<Agreed>(KEY, {});
  }
}

/** Returns whether the real file at `path` is in a folder of the workspace. */
export async function isInWorkspace(path: string): Promise<boolean> {
  for (const { uri } of vscode.workspace.workspaceFolders ?? []) {
    if (below(await workspaceFs(uri).real(uri.path), path) !== undefined) return true;
  }
  return false;
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}

/** Returns one line per folder, with the first of its files. */
function list(byFolder: ReadonlyMap<string, readonly string[]>): string {
  const lines = [...byFolder].map(([folder, names]) => {
    const shown = names.slice(0, 3).join(', ') + (names.length > 3 ? ', …' : '');
    return `${folder}: ${shown}`;
  });
  const more = lines.length - LISTED;
  if (more > 0) {
    const words =
      more === 1 ? vscode.l10n.t('and 1 more folder') : vscode.l10n.t('and {0} more folders', more);
    lines.splice(LISTED, more, words);
  }
  return lines.join('\n');
}
