import type { BoardFiles, TransferOptions, WriteItem } from '../boardFiles';
import { text } from '../bytes';
import { FileError, FleetError } from '../errors';
import { mpyFromNumber } from '../board/mpyFormat';
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

/** Downloads every file of `packages`, each hash checked. */
export async function fetchPackages(
  packages: readonly ResolvedPackage[],
  fetcher: Fetcher,
  signal?: AbortSignal,
): Promise<FetchedPackage[]> {
  const fetched: FetchedPackage[] = [];
  for (const pkg of packages) {
    const files = [];
    for (const file of pkg.files) {
      const content =
        file.content ??
        (file.hash
          ? await fetcher.getByHash(file.url, file.hash, { signal })
          : await fetcher.get(file.url, { signal }));
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
    const native = mpyFromNumber((feature << 8) | version)?.arch;
    if (native && native !== mpy.arch) throw new UnfitNativeError(path, native, mpy.arch);
    return { path, content };
  }
  if (compile && path.endsWith('.py') && canCompileFor(board)) {
    const mpy = await compileMpy(path, text(content), board, compile);
    return { path: path.replace(/\.py$/, '.mpy'), content: mpy };
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

/**
 * Places fetched packages below `target` (as mip does, `/lib` by default). Room is checked first; what was there is
 * put back when a file cannot be written, so that the board is as it was.
 */
export async function placePackages(
  files: BoardFiles,
  packages: readonly FetchedPackage[],
  target: string,
  wanted: ReadonlySet<string>,
  options: TransferOptions = {},
): Promise<InstalledPackage[]> {
  const items: WriteItem[] = packages.flatMap((p) =>
    p.files.map((f) => ({ path: `${target}/${f.path}`, content: f.content })),
  );
  const paths = items.map((i) => i.path);
  const before = await files.hash(paths, options.signal);
  const after = items.map((i) => sha256(i.content as Uint8Array));
  const changed = items.filter((_, i) => before[i] !== after[i]);
  const size = changed.reduce((sum, i) => sum + (i.content as Uint8Array).length, 0);
  const { free } = await files.space('/', options.signal);
  if (size > free) throw noRoom(target, size, free);
  await writeOrRestore(files, changed, paths, before, options);
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

async function writeOrRestore(
  files: BoardFiles,
  changed: readonly WriteItem[],
  paths: readonly string[],
  before: readonly (string | undefined)[],
  options: TransferOptions,
): Promise<void> {
  const existed = new Set(paths.filter((_, i) => before[i] !== undefined));
  const kept: WriteItem[] = [];
  const old = changed.filter((item) => existed.has(item.path)).map(({ path }) => ({ path }));
  await files.readMany(old, (content, path) => void kept.push({ path, content }), options);
  try {
    await files.writeMany(changed, options);
  } catch (error) {
    // Without the caller's signal: what was called off must still be put back.
    for (const item of changed) {
      if (!existed.has(item.path)) await removeIfThere(files, item.path);
    }
    await files.writeMany(kept);
    throw error;
  }
}

/** Removes a file; one that is not there is as good. */
export async function removeIfThere(files: BoardFiles, path: string): Promise<void> {
  try {
    await files.remove(path);
  } catch (error) {
    if (!(error instanceof FileError && error.errno === 'ENOENT')) throw error;
  }
}

function noRoom(target: string, size: number, free: number): FileError {
  return new FileError('ENOSPC', target, `${size} bytes are needed, ${free} are free`, {
    hint: 'Remove what is not needed, or install the .mpy form. Nothing was changed.',
  });
}
