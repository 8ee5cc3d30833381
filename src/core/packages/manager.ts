import type { BoardFiles } from '../boardFiles';
import { UsageError } from '../errors';
import { DownloadError } from './fetcher';
import { listIndex, searchIndex, type IndexEntry } from './indexSource';
import { Downloads } from './downloads';
import { placePackages, type FetchedPackage, type InstalledPackage } from './install';
import {
  checkInstalled,
  mergeInstalled,
  planRemoval,
  type InstalledState,
  type InstalledStore,
} from './installed';
import { checkOwners, removePackages, removeReplaced } from './leftovers';
import { checkAgainstLock, flavourOf, writeLock, type LockFile } from './lockFile';
import type { TargetBoard } from './model';
import type { MpyCross } from './mpyCross';
import { resolve, specId, type Sources } from './resolve';
import { parseSpec, rewriteUrl, specText, type PackageSpec } from './spec';
import { text } from '../bytes';

/** A board as packages see it. `key`: its uid, or its address while that is not known. */
export interface PackageBoard extends TargetBoard {
  readonly key: string;
  readonly files: BoardFiles;
}

export interface InstallOptions {
  /** Folder on the board; mip's is `/lib`. */
  readonly target?: string;
  /** Compile source for the board. */
  readonly compile?: boolean;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number, path: string) => void;
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

/** Packages: found, resolved and downloaded on the computer, placed on boards. */
export class PackageManager {
  constructor(private readonly services: PackageServices) {}

  /** Packages of the index whose name or description holds all the words. */
  async search(words: string, signal?: AbortSignal): Promise<IndexEntry[]> {
    const { index, fetcher } = this.services.sources();
    return searchIndex(await listIndex(index, fetcher, signal), words);
  }

  /** The package's README as Markdown, undefined where it has none. Untrusted text. */
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

  /** For a job on many boards: given to each {@link install}, everything is downloaded once. */
  downloads(signal?: AbortSignal): Downloads {
    return new Downloads(this.services.sources(), signal);
  }

  /** Installs packages with all they need. The board is as it was when anything fails. */
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

  /** Brings a board to what the lock file says: what it names is installed, to the byte; other packages go. */
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
      lock.index || undefined,
      options.signal,
    );
    checkAgainstLock(lock, packages, flavourOf(board));
    const wanted = new Set(lock.packages.filter((p) => p.wanted).map((p) => p.id));
    const placed = await this.#place(board, packages, wanted, { ...job, target: lock.target });
    await this.#removeOthers(board, new Set(lock.packages.map((p) => p.id)), options.signal);
    return placed;
  }

  /** The text of `mpy.lock` for these packages, for source and for every kind of board given. */
  async lock(
    specs: readonly string[],
    boards: readonly TargetBoard[],
    options: { target?: string; signal?: AbortSignal } = {},
  ): Promise<string> {
    const wanted = specs.map((s) => parseSpec(s));
    const kinds = new Map<string, TargetBoard>([['py', {}]]);
    for (const board of boards) kinds.set(flavourOf(board), board);
    const flavours: Record<string, FetchedPackage[]> = {};
    for (const [flavour, board] of kinds) {
      flavours[flavour] = await this.downloads(options.signal).fetch(wanted, board);
    }
    return writeLock(
      flavours,
      new Set(wanted.map(specId)),
      this.services.sources().index,
      options.target ?? DEFAULT_TARGET,
    );
  }

  /** What was installed on a board from here, and whether it is still so. */
  async list(board: PackageBoard, signal?: AbortSignal): Promise<InstalledState[]> {
    return checkInstalled(board.files, await this.services.installed.load(board.key), signal);
  }

  /** What was asked for on a board, each with the version that it has: for a lock file. */
  async pinned(board: Pick<PackageBoard, 'key'>): Promise<string[]> {
    const installed = await this.services.installed.load(board.key);
    return installed.filter((p) => p.wanted).map((p) => specText(pinned(p)));
  }

  /** Installed packages of which the source has another version now. */
  async outdated(
    board: PackageBoard,
    signal?: AbortSignal,
  ): Promise<{ installed: InstalledPackage; latest: string }[]> {
    const installed = await this.services.installed.load(board.key);
    const found = [];
    for (const p of installed.filter((i) => i.wanted)) {
      const spec = unpinned(parseSpec(p.source));
      const [latest] = (await resolve([spec], board, this.services.sources(), signal)).slice(-1);
      if (latest && latest.version !== p.version)
        found.push({ installed: p, latest: latest.version });
    }
    return found;
  }

  /** Installs the newest version of what the user has asked for (or of `ids` among that). */
  async update(
    board: PackageBoard,
    ids: readonly string[] | undefined,
    options: InstallOptions = {},
  ): Promise<InstalledPackage[]> {
    const installed = await this.services.installed.load(board.key);
    const specs = installed
      .filter((p) => p.wanted && (ids?.includes(p.id) ?? true))
      .map((p) => unpinned(parseSpec(p.source)));
    if (specs.length === 0) return [];
    const job = this.#with(options);
    const packages = await job.downloads.fetch(specs, board, undefined, options.signal);
    return this.#place(board, packages, new Set(specs.map(specId)), job);
  }

  /** Removes packages, and what nobody else needs. Files that were changed on the board go as well. */
  async remove(
    board: PackageBoard,
    names: readonly string[],
    signal?: AbortSignal,
  ): Promise<{ removed: InstalledPackage[]; kept: { id: string; neededBy: string }[] }> {
    const installed = await this.services.installed.load(board.key);
    const ids = names.map((name) => {
      const found = installed.find((p) => p.id === name || p.name === name);
      if (found) return found.id;
      throw new UsageError(`${name} was not installed from here`, {
        hint: 'The list of installed packages shows what can be removed.',
      });
    });
    const { remove, keep, kept } = planRemoval(installed, ids);
    await removePackages(board.files, remove, keep, signal);
    await this.services.installed.save(board.key, keep);
    return { removed: remove, kept };
  }

  async #removeOthers(board: PackageBoard, ids: ReadonlySet<string>, signal?: AbortSignal) {
    const installed = await this.services.installed.load(board.key);
    const keep = installed.filter((p) => ids.has(p.id));
    const others = installed.filter((p) => !ids.has(p.id));
    await removePackages(board.files, others, keep, signal);
    await this.services.installed.save(board.key, keep);
  }

  #with(options: InstallOptions): Job {
    return { ...options, downloads: options.downloads ?? this.downloads(options.signal) };
  }

  async #place(
    board: PackageBoard,
    packages: readonly FetchedPackage[],
    wanted: ReadonlySet<string>,
    options: Job,
  ): Promise<InstalledPackage[]> {
    const compile = options.compile ? this.services.mpyCross : undefined;
    const fitting = await options.downloads.adapt(packages, board, compile, options.signal);
    const target = (options.target ?? DEFAULT_TARGET).replace(/\/+$/, '');
    const before = await this.services.installed.load(board.key);
    checkOwners(before, fitting, target);
    const placed = await placePackages(board.files, fitting, target, wanted, options);
    await removeReplaced(board.files, before, placed, options.signal);
    // A new version may need less than the old one did.
    const { remove, keep } = planRemoval(mergeInstalled(before, placed), []);
    await removePackages(board.files, remove, keep, options.signal);
    await this.services.installed.save(board.key, keep);
    return placed;
  }
}

function pinned({ source, version }: InstalledPackage): PackageSpec {
  const spec = parseSpec(source);
  return spec.kind === 'index' || spec.kind === 'pypi' ? { ...spec, version } : spec;
}

function unpinned(spec: PackageSpec): PackageSpec {
  if (spec.kind === 'index') return { ...spec, version: 'latest' };
  return spec.kind === 'pypi' ? { kind: 'pypi', name: spec.name } : spec;
}

function indexReadme(entry: IndexEntry): string | undefined {
  return entry.path ? `${README_BASE}/${entry.path}/README.md` : undefined;
}

function readmeOf(spec: PackageSpec): string | undefined {
  if (spec.kind !== 'json') return undefined;
  const url = rewriteUrl(spec.url, spec.branch);
  return url.slice(0, url.lastIndexOf('/') + 1) + 'README.md';
}
