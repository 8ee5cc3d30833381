import * as vscode from 'vscode';
import { isConnected } from '../../core/board/boardState';
import type { Board } from '../../core/board/board';
import { asError, ProgramRunningError } from '../../core/errors';
import { DisposableStore, Emitter, type Disposable } from '../../core/events';
import { CachingFetcher, type Fetcher } from '../../core/packages/fetcher';
import type { InstalledPackage } from '../../core/packages/install';
import type { InstalledState } from '../../core/packages/installed';
import { cacheFolder, InstalledFiles, stateFolder } from '../../core/packages/installedFiles';
import { PackageManager, type PackageBoard } from '../../core/packages/manager';
import { MpyCrossThread } from '../../core/packages/mpyCrossThread';
import { nodeHttp } from '../../core/packages/nodeHttp';
import { readInfo } from '../../core/board/readInfo';
import type { Settings } from '../settings';
import { CompileOnUpload } from './compiling';

/** A package on a board as the view shows it: `state` and `latest` once they are known. */
export interface ShownPackage extends InstalledPackage {
  readonly state?: InstalledState['state'];
  readonly latest?: string;
}

/** What was found out about a board's packages, by id. */
interface Checked {
  readonly states: ReadonlyMap<string, InstalledState['state']>;
  readonly latest: ReadonlyMap<string, string>;
}

export interface PackageServices {
  readonly extension: vscode.ExtensionContext;
  readonly settings: Settings;
  readonly log: vscode.LogOutputChannel;
}

/** Packages for the views and commands: the manager with the user's settings, and what is known of each board. */
export class PackageCenter implements Disposable {
  readonly manager: PackageManager;
  readonly compiler: MpyCrossThread;
  readonly fetcher: Fetcher;
  readonly compiling: CompileOnUpload;
  readonly #store = new DisposableStore();
  readonly #changed = this.#store.add(new Emitter<Board>());
  /** What is installed on a board, or known of it, has changed. */
  readonly onDidChange = this.#changed.event;
  readonly #installed = new InstalledFiles(stateFolder(process.env));
  readonly #checked = new Map<string, Checked>();

  constructor(private readonly services: PackageServices) {
    const { extension, settings, log } = services;
    const file = (name: string) => vscode.Uri.joinPath(extension.extensionUri, 'dist', name).fsPath;
    this.compiler = new MpyCrossThread({
      worker: file('mpyCross.js'),
      wasm: file('mpy-cross.wasm'),
    });
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

  /** A board as the manager sees it; asks it what it is where that is not known yet. */
  async boardFor(board: Board, signal?: AbortSignal): Promise<PackageBoard> {
    const known = board.info?.mpy && board.uid !== undefined;
    const info = known
      ? board.info
      : await board.withSession((session) => readInfo(session, signal), {
          job: vscode.l10n.t('Reading what the board is'),
          ...(signal ? { signal } : {}),
        });
    return {
      key: keyOf(board),
      files: board.files,
      // CircuitPython has a .mpy format of its own.
      ...(info.mpy && info.implementation !== 'circuitpython' ? { mpy: info.mpy } : {}),
    };
  }

  /** What was installed on a board from this computer, without asking the board. */
  async packagesOf(board: Board): Promise<ShownPackage[]> {
    const checked = this.#checked.get(keyOf(board));
    const installed = await this.#installed.load(keyOf(board));
    return installed.map((p) => {
      const state = checked?.states.get(p.id);
      const latest = checked?.latest.get(p.id);
      return { ...p, ...(state ? { state } : {}), ...(latest === undefined ? {} : { latest }) };
    });
  }

  /** Looks at the board and at the index, and shows what was found. Gives packages that others have put there. */
  async check(board: Board, signal?: AbortSignal): Promise<InstalledPackage[]> {
    const target = await this.boardFor(board, signal);
    const folder = this.services.settings.get('packages.target');
    const adopted = await this.manager.adopt(target, { target: folder, signal });
    const states = await this.manager.list(target, signal);
    const outdated = await this.manager.outdated(target, signal);
    this.#checked.set(keyOf(board), {
      states: new Map(states.map((s) => [s.id, s.state])),
      latest: new Map(outdated.map((o) => [o.installed.id, o.latest])),
    });
    this.#changed.fire(board);
    return adopted;
  }

  /** The same for a row that is opened: never asks, never connects, and is silent where it cannot. */
  checkQuietly(board: Board): void {
    if (!isConnected(board.state) || board.uid === undefined || this.#checked.has(keyOf(board)))
      return;
    const look = async () => {
      const installed = await this.#installed.load(keyOf(board));
      if (installed.length === 0) return;
      const states = await this.manager.list({ key: keyOf(board), files: board.quietFiles });
      const latest = new Map<string, string>();
      this.#checked.set(keyOf(board), {
        states: new Map(states.map((s) => [s.id, s.state])),
        latest,
      });
      this.#changed.fire(board);
    };
    look().catch((error: unknown) => {
      if (error instanceof ProgramRunningError) return; // its files are looked at when they are asked for
      this.services.log.debug(`Packages of ${board.name}: ${asError(error).message}`);
    });
  }

  /** Something was installed or removed. */
  changed(board: Board): void {
    this.#checked.delete(keyOf(board));
    this.#changed.fire(board);
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
