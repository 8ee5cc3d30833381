import { readFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { UsageError } from '../core/errors';
import {
  cacheFolder,
  CachingFetcher,
  countedFrom,
  DEFAULT_INDEX,
  DEFAULT_PYPI,
  InstalledFiles,
  type InstalledPackage,
  type MpyCross,
  MpyCrossThread,
  nodeHttp,
  type PackageBoard,
  loadableBy,
  PackageManager,
  proxyFromEnvironment,
  readRequirements,
  stateFolder,
} from '../core/packages';
import { readInfo } from '../core/board';
import type { Cli } from './cli';
import type { CliBoard } from './board';

/** Downloads for the command line, through the proxy from the environment. */
export function fetcherOf(cli: Pick<Cli, 'env' | 'log'>): CachingFetcher {
  return new CachingFetcher(cacheFolder(cli.env), nodeHttp(proxyFromEnvironment(cli.env)), cli.log);
}

/**
 * Creates the package manager of the command line: index and proxy come from its options and the
 * environment.
 */
export function packageManager(cli: Cli): PackageManager {
  const fetcher = fetcherOf(cli);
  return new PackageManager({
    sources: () => ({
      index: cli.options.index ?? cli.env.MPYFLEET_INDEX ?? DEFAULT_INDEX,
      pypi: cli.env.MPYFLEET_PYPI ?? DEFAULT_PYPI,
      fetcher,
    }),
    installed: new InstalledFiles(stateFolder(cli.env)),
    mpyCross: mpyCross(cli),
  });
}

/** Creates the compiler that ships with mpyfleet, in a thread. */
export function mpyCross(cli: Pick<Cli, 'log'>): MpyCross {
  // Both are next to the bundle.
  return new MpyCrossThread(
    { worker: join(__dirname, 'mpyCross.js'), wasm: join(__dirname, 'mpy-cross.wasm') },
    (path) => cli.log.info(`${path} stays source: it is newer than the compiler`),
  ).compile;
}

/** Describes a board for packages. With --no-mpy, it counts as one that loads source only. */
export async function packageBoard(
  cli: Cli,
  board: CliBoard,
  signal: AbortSignal,
): Promise<PackageBoard> {
  const info = await board.withSession((session) => readInfo(session, signal), { signal });
  return {
    key: info.uid ?? board.address.text,
    files: board.files,
    ...(cli.options.noMpy ? {} : loadableBy(info)),
  };
}

/** Records of packages that this computer installed on a board. */
export async function packagesOn(
  cli: Cli,
  board: CliBoard,
  signal: AbortSignal,
): Promise<readonly InstalledPackage[]> {
  const { key } = await packageBoard(cli, board, signal);
  return new InstalledFiles(stateFolder(cli.env)).load(key);
}

/**
 * Returns the packages named on the command line and in the files of -r. Local paths are relative
 * to the current folder, or to their file.
 */
export async function wantedPackages(cli: Cli, args: readonly string[]): Promise<string[]> {
  const files = {
    read: (file: string) => readText(cli, file),
    resolve: (from: string, name: string) => resolve(dirname(from), name),
    folderOf: (file: string) => dirname(file),
    nameOf: (file: string) => relative(cli.cwd, file),
  };
  const specs = args.map((spec) => countedFrom(cli.cwd, spec));
  for (const file of cli.options.requirements ?? []) {
    specs.push(...(await readRequirements(resolve(cli.cwd, file), files)));
  }
  return specs;
}

/** Reads a text file without its byte order mark. @throws UsageError naming the file */
export async function readText(cli: Cli, file: string): Promise<string> {
  try {
    return (await readFile(resolve(cli.cwd, file), 'utf8')).replace(/^\ufeff/, '');
  } catch (cause) {
    throw new UsageError(`${file} cannot be read: ${(cause as Error).message}`, { cause });
  }
}
