import { abortable, throwIfAborted } from '../async';
import { adaptPackages, fetchPackages, type FetchedPackage } from './fetchPackages';
import type { Fetcher } from './fetcher';
import { flavourOf } from './lockFile';
import type { TargetBoard } from './model';
import type { MpyCross } from './mpyCross';
import { resolve, type Sources } from './resolve';
import { specText, type PackageSpec } from './spec';

/**
 * Downloads of one job for several boards: packages are resolved, downloaded and compiled once for each kind of board. A
 * failure applies to every board of the job; the next job tries again.
 */
export class Downloads {
  readonly #fetched = new Map<string, Promise<FetchedPackage[]>>();
  readonly #adapted = new Map<readonly FetchedPackage[], Promise<FetchedPackage[]>>();

  private readonly sources: Sources;

  /** `signal` ends the whole job; a single board can leave earlier by its own signal. */
  constructor(
    sources: Sources,
    private readonly signal?: AbortSignal,
  ) {
    this.sources = { ...sources, fetcher: eachOnce(sources.fetcher) };
  }

  /** Downloads all files of the packages and of their dependencies, and checks the hashes. */
  fetch(
    specs: readonly PackageSpec[],
    board: TargetBoard,
    index = this.sources.index,
    signal?: AbortSignal,
  ): Promise<FetchedPackage[]> {
    const key = [flavourOf(board), index, ...specs.map(specText)].join('\n');
    const work = async () => {
      const sources = { ...this.sources, index };
      const resolved = await resolve(specs, board, sources, this.signal);
      return fetchPackages(resolved, sources.fetcher, this.signal);
    };
    return shared(this.#fetched, key, work, signal);
  }

  /**
   * Checks that packages fit the board, and compiles their source if `compile` is given. Packages
   * are compiled once for all boards.
   */
  async adapt(
    packages: readonly FetchedPackage[],
    board: TargetBoard,
    compile: MpyCross | undefined,
    signal?: AbortSignal,
  ): Promise<FetchedPackage[]> {
    // Without compiling there is nothing to share; each board only checks whether the files fit.
    if (!compile) return adaptPackages(packages, board, undefined);
    const work = () => adaptPackages(packages, board, compile);
    const compiled = await shared(this.#adapted, packages, work, signal);
    return adaptPackages(compiled, board, undefined);
  }
}

/** Shares a request between two kinds of boards that ask for the same file at the same time. */
function eachOnce(fetcher: Fetcher): Fetcher {
  const files = new Map<string, Promise<Uint8Array>>();
  return {
    get: (url, options) => fetcher.get(url, options),
    getByHash: (url, hash, options) => {
      const file = files.get(hash) ?? fetcher.getByHash(url, hash, options);
      files.set(hash, file);
      return file;
    },
  };
}

async function shared<K, V>(
  map: Map<K, Promise<V>>,
  key: K,
  work: () => Promise<V>,
  signal: AbortSignal | undefined,
): Promise<V> {
  throwIfAborted(signal);
  let promise = map.get(key);
  if (!promise) {
    promise = work();
    map.set(key, promise);
  }
  return abortable(promise, signal);
}
