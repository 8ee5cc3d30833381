import * as vscode from 'vscode';
import type { CommandName } from '../../manifest';
import { Queue } from '../../core/async';
import { type Board, isConnected } from '../../core/board';
import { asError } from '../../core/errors';
import { DisposableStore, type Disposable } from '../../core/events';
import { filesBelow } from '../../core/deviceYaml';
import { resultSummary } from '../../core/sync';
import { Coalescer } from '../coalesce';
import type { Needs } from '../context';
import { showError } from '../showError';
import { mappingsFor, ownerOf } from './sources';
import { isTrusted } from '../trust';
import { workspaceFs } from './workspaceFs';

/**
 * "Save All" and moving a folder cause many events, which are collected for this many milliseconds.
 */
const GATHER_MS = 100;

interface Change {
  readonly kind: 'written' | 'gone';
  readonly uri: vscode.Uri;
}

/** While enabled, repeats saves, new files, renames and deletions of the window on connected boards. */
export class SyncOnSave implements Disposable {
  readonly #store = new DisposableStore();
  readonly #queue = new Queue();
  readonly #item: vscode.StatusBarItem;
  readonly #changes = this.#store.add(
    new Coalescer<Change>(GATHER_MS, (changes) => void this.#take(changes)),
  );
  /** Changes by git, builds and other editors; undefined while this is off. */
  #watcher: Disposable | undefined;
  #last: { readonly text: string; readonly failed: boolean } | undefined;

  constructor(private readonly context: Needs<'log' | 'settings' | 'fleet' | 'active' | 'sync'>) {
    const left = vscode.StatusBarAlignment.Left;
    this.#item = this.#store.add(vscode.window.createStatusBarItem('mpyFleet.syncOnSave', left));
    this.#item.name = vscode.l10n.t('MicroPython: Sync on Save');
    this.#item.command = 'mpyFleet.toggleSyncOnSave' satisfies CommandName;
    const { workspace } = vscode;
    const all: Disposable[] = [
      workspace.onDidSaveTextDocument(({ uri }) => this.#add('written', uri)),
      workspace.onDidSaveNotebookDocument(({ uri }) => this.#add('written', uri)),
      workspace.onDidCreateFiles(({ files }) => files.forEach((uri) => this.#add('written', uri))),
      workspace.onDidDeleteFiles(({ files }) => files.forEach((uri) => this.#add('gone', uri))),
      workspace.onDidRenameFiles(({ files }) => {
        for (const { oldUri, newUri } of files) {
          this.#add('gone', oldUri);
          this.#add('written', newUri);
        }
      }),
      workspace.onDidChangeWorkspaceFolders(() => this.#draw()),
      workspace.onDidGrantWorkspaceTrust(() => this.#draw()),
      context.settings.onDidChange((names) => {
        if (names.includes('sync.onSave')) this.#draw();
      }),
    ];
    for (const item of all) this.#store.add(item);
    this.#draw();
  }

  dispose(): void {
    this.#watcher?.dispose();
    this.#store.dispose();
  }

  get #on(): boolean {
    return isTrusted() && this.context.settings.get('sync.onSave');
  }

  #add(kind: Change['kind'], uri: vscode.Uri): void {
    if (this.#on && vscode.workspace.getWorkspaceFolder(uri)) this.#changes.add({ kind, uri });
  }

  #take(changes: readonly Change[]): Promise<void> {
    return this.#queue.run(async () => {
      try {
        await this.#follow(await this.#expand(changes));
      } catch (error) {
        this.#failed(error);
      }
      this.#draw();
    });
  }

  /** Replaces a created or moved folder by the files in it. */
  async #expand(changes: readonly Change[]): Promise<Change[]> {
    const all: Change[] = [];
    for (const change of changes) {
      const fs = workspaceFs(change.uri);
      const found = change.kind === 'written' ? await fs.stat(change.uri.path) : undefined;
      if (found?.type !== 'dir') all.push(change);
      else {
        const files = await filesBelow(fs, change.uri.path);
        all.push(...files.map((f) => ({ ...change, uri: vscode.Uri.joinPath(change.uri, f) })));
      }
    }
    return all;
  }

  async #follow(changes: readonly Change[]): Promise<void> {
    const folders = new Set(changes.map((c) => vscode.workspace.getWorkspaceFolder(c.uri)));
    for (const folder of folders) {
      if (!folder) continue;
      const own = changes.filter((c) => vscode.workspace.getWorkspaceFolder(c.uri) === folder);
      const boards = await this.#boards(folder);
      await Promise.all(boards.map((board) => this.#followOn(board, folder, own)));
    }
  }

  async #followOn(board: Board, folder: vscode.WorkspaceFolder, changes: readonly Change[]) {
    try {
      const result = await this.context.sync.follow(board, folder, changes);
      if (result) this.#last = { text: `${board.name}: ${resultSummary(result)}`, failed: false };
    } catch (error) {
      this.#failed(error, board);
    }
  }

  #failed(error: unknown, board?: Board): void {
    const message = asError(error).message;
    this.#last = { text: board ? `${board.name}: ${message}` : message, failed: true };
    this.context.log.error('Sync on save failed', asError(error).stack ?? message);
    showError(this.context, error);
  }

  /**
   * Returns the active board, and connected boards that a mapping names or that have a folder of their
   * own.
   */
  async #boards(folder: vscode.WorkspaceFolder): Promise<Board[]> {
    const { fleet, settings, active } = this.context;
    const boards: Board[] = [];
    for (const board of fleet.boards) {
      if (!isConnected(board.state)) continue;
      const named = mappingsFor({ settings, fleet }, board).some((m) => m.boards !== undefined);
      if (named || board === active.current || (await ownerOf({ settings }, board, folder))) {
        boards.push(board);
      }
    }
    return boards;
  }

  /**
   * Watches all files while enabled. The window's own changes are reported once more, a little
   * later; content that the board has by then is not sent again.
   */
  #watch(): void {
    if (this.#on === (this.#watcher !== undefined)) return;
    this.#watcher?.dispose();
    this.#watcher = undefined;
    if (!this.#on) return;
    const watcher = vscode.workspace.createFileSystemWatcher('**/*');
    watcher.onDidCreate((uri) => this.#add('written', uri));
    watcher.onDidChange((uri) => this.#add('written', uri));
    watcher.onDidDelete((uri) => this.#add('gone', uri));
    this.#watcher = watcher;
  }

  /**
   * Shows the status only while enabled. A click turned it on for a whole workspace, which the user
   * may not have intended.
   */
  #draw(): void {
    this.#watch();
    if (!this.#on || (vscode.workspace.workspaceFolders ?? []).length === 0) {
      this.#item.hide();
      return;
    }
    const icon = this.#last?.failed ? 'warning' : 'sync';
    this.#item.text = `$(${icon}) ${vscode.l10n.t('Sync on Save')}`;
    const state = vscode.l10n.t(
      'Saved files are sent to the board immediately. Click to turn this off.',
    );
    this.#item.tooltip = this.#last ? `${this.#last.text}\n${state}` : state;
    this.#item.show();
  }
}
