import * as l10n from '@vscode/l10n';
import { fileText } from '../bytes';
import { FleetError } from '../errors';
import { mpyFromFile, runsNative } from '../board';
import type { Fetcher } from './fetcher';
import { sha256 } from '../hash';
import { specText } from './spec';
import { refuseTooMuch, type ResolvedPackage, type TargetBoard } from './model';
import { canCompileFor, compileMpy, type MpyCross } from './mpyCross';

/** One file as it is written to the board. */
export interface PlacedFile {
  readonly path: string;
  readonly sha256: string;
  readonly size: number;
}

/** A package with its files downloaded and checked. Installing it needs no network. */
export interface FetchedPackage extends Omit<ResolvedPackage, 'files'> {
  readonly files: readonly { readonly path: string; readonly content: Uint8Array }[];
}

/** The record of an installed package. */
export interface InstalledPackage {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  /** The spec's text, used to look for updates. */
  readonly source: string;
  readonly needs: readonly string[];
  /** The user asked for it. Other packages were installed as dependencies. */
  readonly wanted: boolean;
  readonly files: readonly PlacedFile[];
}

/** Downloads every file of `packages` and checks each hash. */
export async function fetchPackages(
  packages: readonly ResolvedPackage[],
  fetcher: Fetcher,
  signal?: AbortSignal,
): Promise<FetchedPackage[]> {
  const fetched: FetchedPackage[] = [];
  let size = 0;
  for (const pkg of packages) {
    const files = [];
    for (const file of pkg.files) {
      const content =
        file.content ??
        (file.hash
          ? await fetcher.getByHash(file.url, file.hash, { signal })
          : await fetcher.get(file.url, { signal }));
      size += content.length;
      refuseTooMuch(size);
      files.push({ path: file.path, content });
    }
    fetched.push({ ...pkg, files });
  }
  return fetched;
}

/** Checks that the files fit the board, and compiles source if asked for and possible. */
export async function adaptPackages(
  packages: readonly FetchedPackage[],
  board: TargetBoard,
  compile: MpyCross | undefined,
): Promise<FetchedPackage[]> {
  const adapted: FetchedPackage[] = [];
  for (const pkg of packages) {
    const files = [];
    for (const { path, content } of pkg.files) {
      files.push(await forBoard(path, content, board, compile));
    }
    adapted.push({ ...pkg, files });
  }
  return adapted;
}

/** Checks that a .mpy file fits the board, or compiles one from source. */
async function forBoard(
  path: string,
  content: Uint8Array,
  board: TargetBoard,
  compile: MpyCross | undefined,
): Promise<{ path: string; content: Uint8Array }> {
  if (path.endsWith('.mpy')) {
    const { mpy } = board;
    const made = mpyFromFile(content);
    if (!made || made.version !== mpy?.version) {
      throw new UnfitMpyError(path, content[1] ?? 0, board);
    }
    // Without an architecture it is bytecode, which runs on every processor.
    if (made.arch) {
      if (!runsNative(made.arch, mpy.arch)) throw new UnfitNativeError(path, made.arch, mpy.arch);
      // Machine code calls the firmware through a table that changes with each sub-version.
      if (made.subVersion !== mpy.subVersion) throw new UnfitSubVersionError(path, made, mpy);
      if ((made.flags ?? 0) & ~(mpy.flags ?? 0)) throw new UnfitFlagsError(path, made.arch);
    }
    return { path, content };
  }
  if (compile && path.endsWith('.py') && canCompileFor(board)) {
    const mpy = await compileMpy(path, fileText(content), board, compile);
    if (mpy) return { path: path.replace(/\.py$/, '.mpy'), content: mpy };
  }
  return { path, content };
}

/** A prebuilt .mpy file was made for another firmware. */
export class UnfitMpyError extends FleetError {
  readonly code = 'mpyVersion';

  constructor(path: string, version: number, board: TargetBoard) {
    super(
      l10n.t(
        '{0} is compiled for .mpy version {1}, but the board loads {2}',
        path,
        version,
        board.mpy ? `version ${board.mpy.version}` : 'none',
      ),
      { hint: l10n.t('Install the source instead, or a package built for this firmware.') },
    );
  }
}

/** A prebuilt .mpy file uses processor extensions that the board does not have. */
export class UnfitFlagsError extends FleetError {
  readonly code = 'mpyVersion';

  constructor(path: string, arch: string) {
    super(
      l10n.t('{0} uses extensions of {1} processors that this board does not have', path, arch),
      { hint: l10n.t('Install the source instead, or a package built for this board.') },
    );
  }
}

/** A prebuilt .mpy file contains machine code for another processor. */
export class UnfitNativeError extends FleetError {
  readonly code = 'mpyVersion';

  constructor(path: string, arch: string, board: string) {
    super(
      l10n.t(
        '{0} contains machine code for {1}, but the board is {2}',
        path,
        arch,
        board ? `runs ${board}` : 'loads none',
      ),
      { hint: l10n.t('Look for a build for this board, or install the source.') },
    );
  }
}

/** A prebuilt .mpy file contains machine code for another release of MicroPython. */
export class UnfitSubVersionError extends FleetError {
  readonly code = 'mpyVersion';

  constructor(path: string, made: { subVersion: number }, board: { subVersion: number }) {
    super(
      l10n.t(
        '{0} contains machine code for .mpy version 6.{1}, but the board loads 6.{2}',
        path,
        made.subVersion,
        board.subVersion,
      ),
      { hint: l10n.t('Look for a build for this firmware, or install the source.') },
    );
  }
}

/** Returns the records of packages that are installed below `target`. */
export function recordsOf(
  packages: readonly FetchedPackage[],
  target: string,
  wanted: ReadonlySet<string>,
): InstalledPackage[] {
  return packages.map((p) => ({
    id: p.id,
    name: p.name,
    version: p.version,
    source: specText(p.spec),
    needs: p.needs,
    wanted: wanted.has(p.id),
    files: p.files.map((f) => ({
      path: `${target}/${f.path}`,
      sha256: sha256(f.content),
      size: f.content.length,
    })),
  }));
}
