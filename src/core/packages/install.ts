import { text } from '../bytes';
import { FleetError, ProtocolError } from '../errors';
import { mpyFromNumber, runsNative } from '../board/mpyFormat';
import { sha256, type Fetcher } from './fetcher';
import { specText } from './spec';
import type { ResolvedPackage, TargetBoard } from './model';
import { canCompileFor, compileMpy, type MpyCross } from './mpyCross';

/** One file as it goes onto the board. */
export interface PlacedFile {
  readonly path: string;
  readonly sha256: string;
  readonly size: number;
}

/** A package with everything downloaded and checked: from here on no network is needed. */
export interface FetchedPackage extends Omit<ResolvedPackage, 'files'> {
  readonly files: readonly { readonly path: string; readonly content: Uint8Array }[];
}

/** What has been placed for one package. */
export interface InstalledPackage {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  /** The spec's text, to find updates by. */
  readonly source: string;
  readonly needs: readonly string[];
  /** The user asked for it; others are there because they are needed. */
  readonly wanted: boolean;
  readonly files: readonly PlacedFile[];
}

/** More than this in all is for no board. */
const MAX_TOTAL = 32 * 1024 * 1024;
const TOO_MUCH = `The packages have over ${MAX_TOTAL} bytes, more than a board could hold`;

/** Downloads every file of `packages`, each hash checked. */
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
      if (size > MAX_TOTAL) throw new ProtocolError(TOO_MUCH, { hint: 'Nothing was installed.' });
      files.push({ path: file.path, content });
    }
    fetched.push({ ...pkg, files });
  }
  return fetched;
}

/** Checks that the files fit the board, and compiles the source where that is asked for and possible. */
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

/** Checks that a .mpy file fits the board, or makes one from source. */
async function forBoard(
  path: string,
  content: Uint8Array,
  board: TargetBoard,
  compile: MpyCross | undefined,
): Promise<{ path: string; content: Uint8Array }> {
  if (path.endsWith('.mpy')) {
    // A .mpy file begins with 'M' and its version (docs.micropython.org, "MicroPython .mpy files").
    const [magic, version = 0, feature = 0] = content;
    const { mpy } = board;
    if (magic !== 0x4d || version !== mpy?.version) throw new UnfitMpyError(path, version, board);
    // The third byte: sub-version in bits 0 and 1, architecture from bit 2 on; 0 is bytecode, which runs anywhere.
    const made = mpyFromNumber((feature << 8) | version);
    if (made?.arch) {
      if (!runsNative(made.arch, mpy.arch)) throw new UnfitNativeError(path, made.arch, mpy.arch);
      // Machine code calls into the firmware by a table that each sub-version changes.
      if (made.subVersion !== mpy.subVersion) throw new UnfitSubVersionError(path, made, mpy);
    }
    return { path, content };
  }
  if (compile && path.endsWith('.py') && canCompileFor(board)) {
    const mpy = await compileMpy(path, text(content), board, compile);
    if (mpy) return { path: path.replace(/\.py$/, '.mpy'), content: mpy };
  }
  return { path, content };
}

/** A prebuilt .mpy file is for another firmware. */
export class UnfitMpyError extends FleetError {
  readonly code = 'mpyVersion';

  constructor(path: string, version: number, board: TargetBoard) {
    super(
      `${path} is compiled for .mpy version ${version}, the board loads ${board.mpy ? `version ${board.mpy.version}` : 'none'}`,
      { hint: 'Install the source instead, or a package built for this firmware.' },
    );
  }
}

/** A prebuilt .mpy file holds machine code for another processor. */
export class UnfitNativeError extends FleetError {
  readonly code = 'mpyVersion';

  constructor(path: string, arch: string, board: string) {
    super(
      `${path} holds machine code for ${arch}, the board ${board ? `runs ${board}` : 'loads none'}`,
      { hint: 'Look for a build for this board, or install the source.' },
    );
  }
}

/** A prebuilt .mpy file holds machine code for another release of MicroPython. */
export class UnfitSubVersionError extends FleetError {
  readonly code = 'mpyVersion';

  constructor(path: string, made: { subVersion: number }, board: { subVersion: number }) {
    super(
      `${path} holds machine code for .mpy version 6.${made.subVersion}, the board loads 6.${board.subVersion}`,
      { hint: 'Look for a build for this firmware, or install the source.' },
    );
  }
}

/** What is recorded of packages that go below `target`. */
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
