import * as vscode from 'vscode';
import { type Board, isConnected, readInfo } from '../../core/board';
import { asError, ProgramRunningError } from '../../core/errors';
import { DisposableStore, Emitter, type Disposable } from '../../core/events';
import {
  cacheFolder,
  CachingFetcher,
  type Fetcher,
  InstalledFiles,
  type InstalledPackage,
  type InstalledState,
  MpyCrossThread,
  nodeHttp,
  type PackageBoard,
  loadableBy,
  PackageManager,
  stateFolder,
} from '../../core/packages';
import type { Settings } from '../settings';
import { CompileOnUpload } from './compiling';

/** A package on a board as the view shows it: `state` and `latest` once they are known. */
export interface ShownPackage extends InstalledPackage {
  readonly state?: InstalledState['state'];
  readonly latest?: string;
}

/** Known facts about a board's packages, by id. */
interface Checked {
  readonly states: ReadonlyMap<string, InstalledState['state']>;
  readonly latest: ReadonlyMap<string, string>;
}

export interface PackageServices {
  readonly extension: vscode.ExtensionContext;
  readonly settings: Settings;
  readonly log: vscode.LogOutputChannel;
}

/**
 * Packages for views and commands: the manager with the user's settings, and cached facts about
 * each board.
 */
export class PackageCenter implements Disposable {
  readonly manager: PackageManager;
  readonly compiler: MpyCrossThread;
  readonly fetcher: Fetcher;
  readonly compiling: CompileOnUpload;
  readonly #store = new DisposableStore();
  readonly #changed = this.#store.add(new Emitter<Board>());
  /** The packages of a board, or cached facts about them, have changed. */
  readonly onDidChange = this.#changed.event;
  readonly #installed = new InstalledFiles(stateFolder(process.env));
  readonly #checked = new Map<string, Checked>();
  /** The number of the newest known result of each board, in the order in which checks began. */
  readonly #newest = new Map<string, number>();
  #began = 0;

  constructor(private readonly services: PackageServices) {
    const { extension, settings, log } = services;
    const file = (name: string) => vscode.Uri.joinPath(extension.extensionUri, 'dist', name).fsPath;
    this.compiler = new MpyCrossThread(
      { worker: file('mpyCross.js'), wasm: file('mpy-cross.wasm') },
      (path) => log.info(`${path} stays source: it is newer than the compiler`),
    );
    // VS Code patches Node's http with its own proxy settings.
    this.fetcher = new CachingFetcher(cacheFolder(process.env), nodeHttp(), log);
    this.manager = new PackageManager({
      sources: () => ({
        index: settings.get('packages.index'),
        pypi: settings.get('packages.pypi'),
        fetcher: this.fetcher,
      }),
      installed: this.#installed,
      mpyCross: this.compiler.compile,
    });
    this.compiling = new CompileOnUpload({
      settings,
      mpyCross: this.compiler.compile,
      kindOf: (board, signal) => this.boardFor(board, signal),
    });
    this.#store.add(this.compiling);
  }

  /** Describes a board for the manager. Identifies it if necessary. */
  async boardFor(board: Board, signal?: AbortSignal): Promise<PackageBoard> {
    const known = board.info?.mpy && board.uid !== undefined;
    const info = known
      ? board.info
      : await board.withSession((session) => readInfo(session, signal), {
          job: vscode.l10n.t('Reading board info'),
          looks: true,
          ...(signal ? { signal } : {}),
        });
    return {
      key: keyOf(board),
      files: board.files,
      ...loadableBy(info),
    };
  }

  /** Returns the packages installed on a board from this computer, without asking the board. */
  async packagesOf(board: Board): Promise<ShownPackage[]> {
    const checked = this.#checked.get(keyOf(board));
    const installed = await this.#installed.load(keyOf(board));
    return installed.map((p) => {
      const state = checked?.states.get(p.id);
      const latest = checked?.latest.get(p.id);
      return { ...p, ...(state ? { state } : {}), ...(latest === undefined ? {} : { latest }) };
    });
  }

  /**
   * Checks the board and the index, and shows the result. Returns packages installed from
   * elsewhere.
   */
  async check(board: Board, signal?: AbortSignal): Promise<InstalledPackage[]> {
    const target = await this.boardFor(board, signal);
    const keep = this.#begin(board);
    const folder = this.services.settings.get('packages.target');
    const adopted = await this.manager.adopt(target, { target: folder, signal });
    const states = await this.manager.list(target, signal);
    const outdated = await this.manager.outdated(target, signal);
    keep({
      states: new Map(states.map((s) => [s.id, s.state])),
      latest: new Map(outdated.map((o) => [o.installed.id, o.latest])),
    });
    return adopted;
  }

  /** Does the same for an expanded row, but never asks, never connects, and reports no error. */
  checkQuietly(board: Board): void {
    if (!isConnected(board.state) || board.uid === undefined || this.#checked.has(keyOf(board)))
      return;
    const keep = this.#begin(board);
    const look = async () => {
      const installed = await this.#installed.load(keyOf(board));
      if (installed.length === 0) return;
      const states = await this.manager.list({ key: keyOf(board), files: board.quietFiles });
      keep({ states: new Map(states.map((s) => [s.id, s.state])), latest: new Map() });
    };
    look().catch((error: unknown) => {
      if (error instanceof ProgramRunningError) return; // its files are read on demand
      this.services.log.debug(`Packages of ${board.name}: ${asError(error).message}`);
    });
  }

  /** Reports that a package was installed or removed. */
  changed(board: Board): void {
    this.#newest.set(keyOf(board), ++this.#began); // checks that began earlier are out of date
    this.#checked.delete(keyOf(board));
    this.#changed.fire(board);
  }

  /**
   * Begins a check. The returned function keeps and shows its result, unless a check that began later has ended, or packages
   * have changed since.
   */
  #begin(board: Board): (result: Checked) => void {
    const key = keyOf(board);
    const number = ++this.#began;
    return (result) => {
      if (number < (this.#newest.get(key) ?? 0)) return;
      this.#newest.set(key, number);
      this.#checked.set(key, result);
      this.#changed.fire(board);
    };
  }

  dispose(): void {
    this.#store.dispose();
    this.compiler.dispose().catch((error: unknown) => {
      this.services.log.error('The compiler could not be ended', asError(error).message);
    });
  }
}

function keyOf(board: Board): string {
  return board.uid ?? board.id;
}
