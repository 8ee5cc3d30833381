import * as vscode from 'vscode';
import type { Board, Fleet } from '../../core/board';
import type { BoardFiles, WriteItem } from '../../core/boardFiles';
import { FileError, PythonError } from '../../core/errors';
import { DisposableStore, Emitter, type Disposable } from '../../core/events';
import { filesInSession, linkFacts } from '../../core/files';
import { compiledPath, keepPackages } from '../../core/packages';
import {
  applyPlan,
  compareBoards,
  compareWithFolder,
  followChanges,
  keepDeleted,
  type KeepOptions,
  keepReplaced,
  type LocalChange,
  nodeUndoFolder,
  plan,
  type SyncMode,
  type SyncPlan,
  type SyncResult,
  undoLast,
  type UndoResult,
  UndoStore,
} from '../../core/sync';
import type { FileChanges } from '../fileChanges';
import type { Origins } from '../origins';
import type { PackageCenter } from '../packages/packageCenter';
import type { Settings } from '../settings';
import { originsOf, type Compared, type Preview } from './shown';
import { DeviceFiles } from './deviceFiles';
import { OutsidePlaces } from './outsidePlaces';
import { sourceFor, type SourceServices, type SyncSource } from './sources';
import { uriAt, workspaceFs } from './workspaceFs';

export interface SyncServices {
  readonly extension: vscode.ExtensionContext;
  readonly settings: Settings;
  readonly fleet: Fleet;
  readonly fileChanges: FileChanges;
  readonly origins: Origins;
  readonly packages: PackageCenter;
  readonly uris: { toUri(board: Board, path: string): vscode.Uri };
}

export interface SyncCall {
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number, path: string) => void;
}

const NOTHING_PLANNED: SyncPlan = {
  mode: 'mirror',
  actions: [],
  unchanged: 0,
  kept: [],
  problems: [],
  boardDirs: [],
};

/** Returns the free bytes at the root; undefined if the firmware cannot report them. */
async function freeBytes(files: BoardFiles, signal?: AbortSignal): Promise<number | undefined> {
  try {
    return (await files.space('/', signal)).free;
  } catch (error) {
    if (error instanceof FileError || error instanceof PythonError) return undefined;
    throw error;
  }
}

/** Plans, applies, compares and undoes syncs; holds the content of the Sync view. */
export class SyncCenter implements Disposable {
  readonly #store = new DisposableStore();
  readonly #changed = this.#store.add(new Emitter<void>());
  /** The displayed preview or comparison has changed. */
  readonly onDidChange = this.#changed.event;
  readonly devices: DeviceFiles;
  /** What device files and specifications may read outside the workspace. */
  readonly outside: OutsidePlaces;
  readonly copies: UndoStore; // of replaced and deleted files
  #shown: Preview | Compared | undefined;

  constructor(private readonly services: SyncServices) {
    this.devices = new DeviceFiles(services.settings);
    this.outside = new OutsidePlaces(services.extension.workspaceState);
    const { storageUri, globalStorageUri } = services.extension;
    const folder = vscode.Uri.joinPath(storageUri ?? globalStorageUri, 'undo');
    this.copies = new UndoStore(nodeUndoFolder(folder.fsPath));
  }

  get shown(): Preview | Compared | undefined {
    return this.#shown;
  }

  show(shown: Preview | Compared | undefined): void {
    this.#shown = shown;
    this.#changed.fire();
  }

  /** Ticks or unticks actions of the preview that is shown. */
  choose(paths: readonly string[], ticked: boolean): void {
    if (this.#shown?.kind !== 'preview') return;
    const chosen = new Set(this.#shown.chosen);
    for (const path of paths) {
      if (ticked) chosen.add(path);
      else chosen.delete(path);
    }
    this.#shown = { ...this.#shown, chosen };
    this.#changed.fire();
  }

  /**
   * Plans a sync of `board` in one session, so that the user is asked about a running program only
   * once.
   */
  async preview(
    board: Board,
    mode: SyncMode,
    call: SyncCall = {},
    given?: SyncSource,
  ): Promise<Preview> {
    const source = given ?? (await sourceFor(this.#sources, board));
    await source.admit();
    const transform = mode === 'pull' ? undefined : await this.#compiled(board, source, call);
    let free: number | undefined;
    const made = await this.#session(board, comparing(call), async (files) => {
      const { local, remote, rules } = await source.prepare(files, call.signal, transform);
      const installed = await this.services.packages.packagesOf(board);
      if (mode !== 'pull') free = await freeBytes(files, call.signal);
      return plan(local, remote, mode, keepPackages(rules, installed));
    });
    const chosen = new Set(made.actions.map((a) => a.path));
    return {
      kind: 'preview',
      board,
      source,
      plan: made,
      chosen,
      ...(free !== undefined && { free }),
    };
  }

  /** Applies the ticked steps. */
  async apply(preview: Preview, call: SyncCall = {}): Promise<SyncResult> {
    const { board, source, plan: made, chosen } = preview;
    const result = await this.#session(board, call, (files) =>
      applyPlan(made, { ...this.#options(board, files, source.localFs), ...call, chosen }),
    );
    // Tracebacks of the board then link to the user's files.
    this.services.origins.note([board], originsOf(preview));
    if (this.#shown === preview) this.show(undefined);
    return result;
  }

  /** Undoes the last sync, upload or deletion on `board`. */
  undo(board: Board, call: SyncCall = {}): Promise<UndoResult> {
    const base = vscode.workspace.workspaceFolders?.[0]?.uri ?? vscode.Uri.file('/');
    const job = vscode.l10n.t('Restoring files');
    return this.#session(board, { ...call, job }, (files) =>
      undoLast({ ...this.#options(board, files, workspaceFs(base)), ...call }),
    );
  }

  /** Writes the files that differ, in one session, and keeps the replaced ones; see keepReplaced. @returns the number of replaced files */
  replace(
    board: Board,
    items: readonly WriteItem[],
    call: SyncCall,
    write: (files: BoardFiles, changed: readonly WriteItem[]) => Promise<void>,
  ): Promise<number> {
    const [only] = items;
    const job =
      only && items.length === 1
        ? vscode.l10n.t('Uploading {0}', only.path)
        : vscode.l10n.t('Uploading {0} files', items.length);
    return this.#session(board, { ...call, job }, (files) => {
      const options = { ...call, ...this.keepOptions(board, files, call) };
      return keepReplaced(options, items, (changed) => write(files, changed));
    });
  }

  /** Deletes files and folders in one session and keeps copies; see keepDeleted. */
  remove(board: Board, paths: readonly string[], call: SyncCall): Promise<number | undefined> {
    const [only] = paths;
    const job =
      only !== undefined && paths.length === 1
        ? vscode.l10n.t('Deleting {0}', only)
        : vscode.l10n.t('Deleting {0} files and folders', paths.length);
    return this.#session(board, { ...call, job }, (files) =>
      keepDeleted(this.keepOptions(board, files, call), paths),
    );
  }

  /** Compares the folder (or device file) of `board` with the board. */
  async compareWithSource(board: Board, call: SyncCall = {}): Promise<Compared> {
    const source = await sourceFor(this.#sources, board);
    await source.admit();
    const transform = await this.#compiled(board, source, call);
    const { local, remote, rules } = await this.#session(board, comparing(call), (files) =>
      source.prepare(files, call.signal, transform),
    );
    const comparison = compareWithFolder(local, remote, (p, isDir) => rules.isHidden(p, isDir));
    const locals = new Map(local.files.map((file) => [file.board, file.local]));
    const uriOf = (path: string) => uriAt(source.base, locals.get(path) ?? path);
    return { kind: 'compared', left: { name: source.label, uriOf }, right: board, comparison };
  }

  /** Compares two boards. */
  async compareBoards(left: Board, right: Board, call: SyncCall = {}): Promise<Compared> {
    const comparison = await compareBoards(left.files, right.files, '/', call.signal);
    const uriOf = (path: string) => this.services.uris.toUri(left, path);
    return { kind: 'compared', left: { name: left.name, uriOf }, right, comparison };
  }

  /**
   * Applies changes of a folder to a board. They can be undone like any sync. Returns undefined if
   * there was nothing to do.
   */
  async follow(
    board: Board,
    folder: vscode.WorkspaceFolder,
    changes: readonly { kind: LocalChange['kind']; uri: vscode.Uri }[],
  ): Promise<SyncResult | undefined> {
    const source = await sourceFor(this.#sources, board, folder);
    const placed: LocalChange[] = [];
    for (const { kind, uri } of changes) {
      const places = await source.placesOf(uri, false);
      if (places.length > 0) placed.push({ kind, local: uri.path, places });
    }
    if (placed.length === 0) return undefined;
    const { changed, localFs } = await this.#compiledChanges(board, source, placed);
    return this.#session(board, {}, async (files) => {
      const protect = (path: string, isDir: boolean) => source.isProtected(path, isDir);
      const actions = await followChanges(changed, files, localFs, protect);
      if (actions.length === 0) return undefined;
      const made: SyncPlan = { ...NOTHING_PLANNED, actions };
      return applyPlan(made, this.#options(board, files, localFs));
    });
  }

  get #sources(): SourceServices {
    return { ...this.services, devices: this.devices, outside: this.outside };
  }

  async #compiled(board: Board, source: SyncSource, { signal }: SyncCall) {
    const { compiling } = this.services.packages;
    const compiler = await compiling.forBoard(board, signal, source.compiles);
    return compiler?.transform(source.base, source.localFs);
  }

  /** Replaces saved source files by .mpy files if the board gets compiled files. */
  async #compiledChanges(board: Board, source: SyncSource, placed: readonly LocalChange[]) {
    const { base, localFs } = source;
    const compiler = await this.services.packages.compiling.forBoard(board);
    if (!compiler) return { changed: placed, localFs };
    const sources = new Map<string, string>();
    const changed = placed.map((change): LocalChange => {
      const [first = ''] = change.places;
      if (compiledPath(first) === undefined) return change;
      if (change.kind === 'written') sources.set(change.local, first);
      return { ...change, places: change.places.map((p) => compiledPath(p) ?? p) };
    });
    return { changed, localFs: compiler.following(base, localFs, sources) };
  }

  dispose(): void {
    this.#store.dispose();
  }

  /**
   * Opens one session for all of `work`, so that a program that is restarted afterwards is stopped
   * only once.
   */
  #session<T>(
    board: Board,
    { signal, job = vscode.l10n.t('Syncing') }: SyncCall & { readonly job?: string },
    work: (files: BoardFiles) => Promise<T>,
  ): Promise<T> {
    const { fileChanges } = this.services;
    return filesInSession(
      (use, options) => board.withSession(use, options),
      linkFacts(board),
      (files) => work(fileChanges.observe(files, board)),
      { job, ...(signal ? { signal } : {}) },
    );
  }

  /** Returns what is needed to keep copies of the files of a board; see keepBefore. */
  keepOptions(board: Board, files: BoardFiles, { signal }: SyncCall): KeepOptions {
    const id = board.uid ?? board.id;
    return { files, undo: this.copies, board: id, now: Date.now, signal };
  }

  #options(board: Board, files: BoardFiles, localFs: SyncSource['localFs']) {
    return { ...this.keepOptions(board, files, {}), localFs };
  }
}

/** Returns the call for a comparison: the row must not say "Syncing" before anything is changed. */
const comparing = (call: SyncCall) => ({ ...call, job: vscode.l10n.t('Comparing') });
