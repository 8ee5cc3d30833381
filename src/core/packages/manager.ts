import * as l10n from '@vscode/l10n';
import type { BoardFiles } from '../boardFiles';
import { FleetError, UsageError } from '../errors';
import { DownloadError } from './downloadError';
import type { FetchOptions } from './fetcher';
import { listIndex, searchIndex, type IndexEntry } from './indexSource';
import { Downloads } from './downloads';
import { recordsOf, type FetchedPackage, type InstalledPackage } from './fetchPackages';
import {
  checkInstalled,
  mergeInstalled,
  planRemoval,
  type InstalledState,
  type InstalledStore,
} from './installed';
import { changeBoard, removeFromBoard, type ChangeOptions } from './changeBoard';
import { checkAgainstLock, flavourOf, lockedIndexOf, type LockFile, writeLock } from './lockFile';
import type { TargetBoard } from './model';
import type { MpyCross } from './mpyCross';
import { newerVersion } from './newerVersion';
import { recognise, unknownFiles } from './recognise';
import { specId, type Sources } from './resolve';
import { parseSpec, rewriteUrl, withoutVersion, withVersion, type PackageSpec } from './spec';
import { text } from '../bytes';

/** A board as packages see it. `key` is its uid, or its address while the uid is unknown. */
export interface PackageBoard extends TargetBoard {
  readonly key: string;
  readonly files: BoardFiles;
}

export interface InstallOptions extends ChangeOptions {
  /** Folder on the board; mip's is `/lib`. */
  readonly target?: string;
  /** Compile source for the board. */
  readonly compile?: boolean;
  /** Shared by the boards of one job; see {@link PackageManager.downloads}. */
  readonly downloads?: Downloads;
}

type Job = InstallOptions & { readonly downloads: Downloads };

export interface PackageServices {
  readonly sources: () => Sources;
  readonly installed: InstalledStore;
  readonly mpyCross: MpyCross;
}

export const DEFAULT_TARGET = '/lib';
const README_BASE = 'https://raw.githubusercontent.com/micropython/micropython-lib/master';

/** Finds, resolves and downloads packages on this computer, and places them on boards. */
export class PackageManager {
  constructor(private readonly services: PackageServices) {}

  /** Returns the packages of the index whose name or description contains all the words. */
  async search(words: string, options: FetchOptions = {}): Promise<IndexEntry[]> {
    const { index, fetcher } = this.services.sources();
    return searchIndex(await listIndex(index, fetcher, options), words);
  }

  /** Returns the package's README as Markdown, or undefined if it has none. The text is untrusted. */
  async readme(entry: IndexEntry | string, signal?: AbortSignal): Promise<string | undefined> {
    const url = typeof entry === 'string' ? readmeOf(parseSpec(entry)) : indexReadme(entry);
    if (!url) return undefined;
    try {
      return text(await this.services.sources().fetcher.get(url, { signal }));
    } catch (error) {
      if (error instanceof DownloadError && error.status === 404) return undefined;
      throw error;
    }
  }

  /** Downloads for a job on many boards: pass the result to each {@link install}, and every file is downloaded once. */
  downloads(signal?: AbortSignal): Downloads {
    return new Downloads(this.services.sources(), signal);
  }

  /** Installs packages with their dependencies. On a failure the board is left as it was. */
  async install(
    board: PackageBoard,
    specs: readonly string[],
    options: InstallOptions = {},
  ): Promise<InstalledPackage[]> {
    const wanted = specs.map((s) => parseSpec(s));
    const job = this.#with(options);
    const packages = await job.downloads.fetch(wanted, board, undefined, options.signal);
    return this.#place(board, packages, new Set(wanted.map(specId)), job);
  }

  /** Makes a board match the lock file: installs exactly the files it lists, and removes other packages. */
  async installLock(
    board: PackageBoard,
    lock: LockFile,
    options: InstallOptions = {},
  ): Promise<InstalledPackage[]> {
    const job = this.#with(options);
    const specs = lock.packages.map((p) => parseSpec(p.source));
    const packages = await job.downloads.fetch(
      specs,
      board,
      lockedIndexOf(lock, this.services.sources().index),
      options.signal,
    );
    checkAgainstLock(lock, packages, flavourOf(board));
    const wanted = new Set(lock.packages.filter((p) => p.wanted).map((p) => p.id));
    const target = lock.target;
    return this.#place(board, packages, wanted, { ...job, target, othersGo: true });
  }

  /** Returns the text of `mpy.lock` for these packages, for source and for every kind of board given. */
  async lock(
    specs: readonly string[],
    boards: readonly TargetBoard[],
    options: { target?: string; signal?: AbortSignal } = {},
  ): Promise<string> {
    const wanted = specs.map((s) => parseSpec(s));
    return this.#lock(wanted, new Set(wanted.map(specId)), boards, options);
  }

  /** Returns the text of `mpy.lock` for the packages installed on a board, in their installed versions. */
  async lockBoard(
    board: PackageBoard,
    boards: readonly TargetBoard[],
    options: { target?: string; signal?: AbortSignal } = {},
  ): Promise<string> {
    const installed = await this.services.installed.load(board.key);
    if (installed.length === 0) throw new NothingInstalledError();
    // Packages that the user asked for come first, then the dependencies, in the versions on the board.
    const sorted = [...installed].sort((a, b) => Number(b.wanted) - Number(a.wanted));
    const wanted = new Set(installed.filter((p) => p.wanted).map((p) => p.id));
    const specs = sorted.map((p) => withVersion(parseSpec(p.source), p.version));
    return this.#lock(specs, wanted, boards, options);
  }

  async #lock(
    specs: readonly PackageSpec[],
    wanted: ReadonlySet<string>,
    boards: readonly TargetBoard[],
    options: { target?: string; signal?: AbortSignal },
  ): Promise<string> {
    const kinds = new Map<string, TargetBoard>([['py', {}]]);
    for (const board of boards) kinds.set(flavourOf(board), board);
    const flavours: Record<string, FetchedPackage[]> = {};
    for (const [flavour, board] of kinds) {
      flavours[flavour] = await this.downloads(options.signal).fetch(specs, board);
    }
    return writeLock(
      flavours,
      wanted,
      this.services.sources().index,
      options.target ?? DEFAULT_TARGET,
    );
  }

  /** Returns the packages installed on a board from here, and whether their files are unchanged. */
  async list(board: PackageBoard, signal?: AbortSignal): Promise<InstalledState[]> {
    return checkInstalled(board.files, await this.services.installed.load(board.key), signal);
  }

  /**
   * Records packages that mip, mpremote or another computer put on a board as if they had been installed from here. Returns
   * the newly found ones.
   */
  async adopt(
    board: PackageBoard,
    options: { target?: string; signal?: AbortSignal } = {},
  ): Promise<InstalledPackage[]> {
    const { signal } = options;
    const target = await folderOf(board, options);
    const before = await this.services.installed.load(board.key);
    const known = new Set(before.flatMap((p) => p.files.map((f) => f.path)));
    const there = await unknownFiles(board.files, target, known, signal);
    if (there.size === 0) return [];
    const ids = new Set(before.map((p) => p.id));
    const entries = (await this.search('', { signal })).filter(
      (e) => !ids.has(e.name.toLowerCase()),
    );
    const found = await recognise(entries, there, board, this.services.sources(), signal);
    const needed = new Set([...before, ...found].flatMap((p) => p.needs));
    const fresh = found.map((p) => ({
      ...p,
      wanted: !needed.has(p.id),
      files: p.files.map((f) => ({ ...f, path: `${target}/${f.path}` })),
    }));
    if (fresh.length > 0) await this.services.installed.save(board.key, [...before, ...fresh]);
    return fresh;
  }

  /** Returns the installed packages whose source offers another version. */
  async outdated(
    board: PackageBoard,
    signal?: AbortSignal,
  ): Promise<{ installed: InstalledPackage; latest: string }[]> {
    const installed = await this.services.installed.load(board.key);
    const found = [];
    for (const p of installed.filter((i) => i.wanted)) {
      const latest = await newerVersion(p, board, this.services.sources(), signal);
      if (latest !== undefined) found.push({ installed: p, latest });
    }
    return found;
  }

  /** Installs the newest versions of the packages that the user asked for, or of those in `ids`. */
  async update(
    board: PackageBoard,
    ids: readonly string[] | undefined,
    options: InstallOptions = {},
  ): Promise<InstalledPackage[]> {
    const installed = await this.services.installed.load(board.key);
    const specs = installed
      .filter((p) => p.wanted && (ids?.includes(p.id) ?? true))
      .map((p) => withoutVersion(parseSpec(p.source)));
    if (specs.length === 0) return [];
    const job = this.#with(options);
    const packages = await job.downloads.fetch(specs, board, undefined, options.signal);
    return this.#place(board, packages, new Set(specs.map(specId)), job);
  }

  /**
   * Removes packages and those that only they required.
   * @throws OwnFilesError when their files were changed on the board, unless `replace` is set
   */
  async remove(
    board: PackageBoard,
    names: readonly string[],
    options: ChangeOptions = {},
  ): Promise<{ removed: InstalledPackage[]; kept: { id: string; neededBy: string }[] }> {
    const installed = await this.services.installed.load(board.key);
    const ids = names.map((name) => {
      const found = installed.find((p) => p.id === name || p.name === name);
      if (found) return found.id;
      throw new UsageError(l10n.t('{0} was not installed from here', name), {
        hint: l10n.t('The list of installed packages shows what can be removed.'),
      });
    });
    const { remove, keep, kept } = planRemoval(installed, ids);
    await removeFromBoard(board.files, installed, keep, options);
    await this.services.installed.save(board.key, keep);
    return { removed: remove, kept };
  }

  #with(options: InstallOptions): Job {
    return { ...options, downloads: options.downloads ?? this.downloads(options.signal) };
  }

  async #place(
    board: PackageBoard,
    packages: readonly FetchedPackage[],
    wanted: ReadonlySet<string>,
    options: Job & { readonly othersGo?: boolean },
  ): Promise<InstalledPackage[]> {
    const { installed, mpyCross } = this.services;
    const compile = options.compile ? mpyCross : undefined;
    const fitting = await options.downloads.adapt(packages, board, compile, options.signal);
    const target = await folderOf(board, options);
    const fresh = recordsOf(fitting, target, wanted);
    const before = await installed.load(board.key);
    const merged = mergeInstalled(options.othersGo ? [] : before, fresh);
    // A new version may need fewer packages than the old one.
    const { keep } = planRemoval(merged, []);
    const known = new Set(before.map((p) => p.id));
    await changeBoard(board.files, { fitting, fresh, before, keep, target }, options, {
      // If the connection is lost halfway, the new packages are listed with files missing and can be completed or removed.
      begin: () => installed.save(board.key, [...before, ...fresh.filter((p) => !known.has(p.id))]),
      undone: () => installed.save(board.key, before),
    });
    await installed.save(board.key, keep);
    return fresh;
  }
}

/** Returns the packages folder. mip's default depends on the board, which may have it at `/flash/lib`. */
async function folderOf(
  board: PackageBoard,
  { target = DEFAULT_TARGET, signal }: { target?: string; signal?: AbortSignal },
): Promise<string> {
  const folder = target.replace(/\/+$/, '');
  return folder === DEFAULT_TARGET ? (await board.files.places(signal)).lib : folder;
}

/** The board has no installed packages to write a lock file from. */
export class NothingInstalledError extends FleetError {
  readonly code = 'nothingInstalled';

  constructor() {
    super(l10n.t('No packages were installed on this board from here'), {
      hint: l10n.t('Install the packages first, then lock them.'),
    });
  }
}

function indexReadme(entry: IndexEntry): string | undefined {
  return entry.path ? `${README_BASE}/${entry.path}/README.md` : undefined;
}

function readmeOf(spec: PackageSpec): string | undefined {
  if (spec.kind !== 'json') return undefined;
  return rewriteUrl(`${spec.url.slice(0, spec.url.lastIndexOf('/') + 1)}README.md`, spec.branch);
}
