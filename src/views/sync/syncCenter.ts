import * as vscode from 'vscode';
import type { Board } from '../../core/board/board';
import type { BoardFiles } from '../../core/boardFiles';
import { DisposableStore, Emitter, type Disposable } from '../../core/events';
import { SessionFiles } from '../../core/files/sessionFiles';
import type { Fleet } from '../../core/board/fleet';
import { compiledPath } from '../../core/packages/compileForBoard';
import { keepPackages } from '../../core/packages/installed';
import { applyPlan, type SyncResult } from '../../core/sync/apply';
import { compareBoards, compareWithFolder, type Comparison } from '../../core/sync/compare';
import { followChanges, type LocalChange } from '../../core/sync/followChanges';
import type { SyncMode, SyncPlan } from '../../core/sync/model';
import { nodeUndoFolder } from '../../core/sync/nodeUndoFolder';
import { plan } from '../../core/sync/planner';
import { undoLast, type UndoResult } from '../../core/sync/undo';
import { UndoStore } from '../../core/sync/undoStore';
import type { FileChanges } from '../fileChanges';
import type { Origins } from '../origins';
import type { PackageCenter } from '../packages/packageCenter';
import type { Settings } from '../settings';
import { DeviceFiles } from './deviceFiles';
import { sourceFor, type SyncSource } from './sources';
import { uriAt, workspaceFs } from './workspaceFs';

/** A plan that is shown and not carried out yet. */
export interface Preview {
  readonly kind: 'preview';
  readonly board: Board;
  readonly source: SyncSource;
  readonly plan: SyncPlan;
  /** Paths of the actions that are ticked. */
  readonly chosen: ReadonlySet<string>;
}

/** A comparison that is shown: the left side is a folder or a board, the right side a board. */
export interface Compared {
  readonly kind: 'compared';
  readonly left: { readonly name: string; uriOf(path: string): vscode.Uri };
  readonly right: Board;
  readonly comparison: Comparison;
}

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

/** Plans, applies, compares and takes back; knows what the Sync view shows. */
export class SyncCenter implements Disposable {
  readonly #store = new DisposableStore();
  readonly #changed = this.#store.add(new Emitter<void>());
  /** What is shown has changed. */
  readonly onDidChange = this.#changed.event;
  readonly devices: DeviceFiles;
  readonly #undo: UndoStore;
  #shown: Preview | Compared | undefined;

  constructor(private readonly services: SyncServices) {
    this.devices = new DeviceFiles(services.settings);
    const { storageUri, globalStorageUri } = services.extension;
    const folder = vscode.Uri.joinPath(storageUri ?? globalStorageUri, 'undo');
    this.#undo = new UndoStore(nodeUndoFolder(folder.fsPath));
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

  /** What a sync of `board` would do. One session: a running program is asked about once. */
  async preview(
    board: Board,
    mode: SyncMode,
    call: SyncCall = {},
    given?: SyncSource,
  ): Promise<Preview> {
    const services = { ...this.services, devices: this.devices };
    const source = given ?? (await sourceFor(services, board));
    const transform = mode === 'pull' ? undefined : await this.#compiled(board, source, call);
    const made = await this.#session(board, call, async (files) => {
      const { local, remote, rules } = await source.prepare(files, call.signal, transform);
      const installed = await this.services.packages.packagesOf(board);
      return plan(local, remote, mode, keepPackages(rules, installed));
    });
    const chosen = new Set(made.actions.map((a) => a.path));
    return { kind: 'preview', board, source, plan: made, chosen };
  }

  /** Carries out what is ticked. */
  async apply(preview: Preview, call: SyncCall = {}): Promise<SyncResult> {
    const { board, source, plan: made, chosen } = preview;
    const result = await this.#session(board, call, (files) =>
      applyPlan(made, { ...this.#options(board, files, source.localFs), ...call, chosen }),
    );
    await this.#noteOrigins(preview);
    if (this.#shown === preview) this.show(undefined);
    return result;
  }

  /** Takes back the last sync of `board`. */
  undo(board: Board, call: SyncCall = {}): Promise<UndoResult> {
    const base = vscode.workspace.workspaceFolders?.[0]?.uri ?? vscode.Uri.file('/');
    return this.#session(board, call, (files) =>
      undoLast({ ...this.#options(board, files, workspaceFs(base)), ...call }),
    );
  }

  /** The folder (or device file) of `board` with the board. */
  async compareWithSource(board: Board, call: SyncCall = {}): Promise<Compared> {
    const source = await sourceFor({ ...this.services, devices: this.devices }, board);
    const transform = await this.#compiled(board, source, call);
    const { local, remote, rules } = await this.#session(board, call, (files) =>
      source.prepare(files, call.signal, transform),
    );
    const comparison = compareWithFolder(local, remote, (p, isDir) => rules.isHidden(p, isDir));
    const locals = new Map(local.files.map((file) => [file.board, file.local]));
    const uriOf = (path: string) => uriAt(source.base, locals.get(path) ?? path);
    return { kind: 'compared', left: { name: source.label, uriOf }, right: board, comparison };
  }

  /** Two boards with each other. */
  async compareBoards(left: Board, right: Board, call: SyncCall = {}): Promise<Compared> {
    const comparison = await compareBoards(left.files, right.files, '/', call.signal);
    const uriOf = (path: string) => this.services.uris.toUri(left, path);
    return { kind: 'compared', left: { name: left.name, uriOf }, right, comparison };
  }

  /** Lets a board follow what was done in a folder; it can be undone like any other sync. Undefined: nothing to do. */
  async follow(
    board: Board,
    folder: vscode.WorkspaceFolder,
    changes: readonly { kind: LocalChange['kind']; uri: vscode.Uri }[],
  ): Promise<SyncResult | undefined> {
    const source = await sourceFor({ ...this.services, devices: this.devices }, board, folder);
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

  async #compiled(board: Board, source: SyncSource, { signal }: SyncCall) {
    const compiler = await this.services.packages.compiling.forBoard(board, signal);
    return compiler?.transform(source.base, source.localFs);
  }

  /** What was saved, with .mpy in place of source where that is wanted. */
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

  /** One session for the whole of `work`: a program that is started again afterwards is stopped only once. */
  #session<T>(board: Board, call: SyncCall, work: (files: BoardFiles) => Promise<T>): Promise<T> {
    const { fileChanges } = this.services;
    const job = vscode.l10n.t('Syncing');
    return board.withSession(
      (session) => {
        const files = new SessionFiles((inner) => inner(session));
        return work(fileChanges.observe(files, board));
      },
      { job, ...(call.signal ? { signal: call.signal } : {}) },
    );
  }

  #options(board: Board, files: BoardFiles, localFs: SyncSource['localFs']) {
    const id = board.uid ?? board.id;
    return { files, localFs, undo: this.#undo, board: id, now: () => Date.now() };
  }

  /** Tracebacks of the board then lead to what the user edits. */
  async #noteOrigins({ board, source, plan: made, chosen }: Preview): Promise<void> {
    const files = made.actions.flatMap(({ path, local, kind }) => {
      if (kind === 'delete' || local === undefined || !chosen.has(path)) return [];
      // Tracebacks of a compiled file name its source.
      const shown = local.endsWith('.py') ? path.replace(/\.mpy$/, '.py') : path;
      return [{ path: shown, local: uriAt(source.base, local) }];
    });
    await this.services.origins.note(board, files);
  }
}
