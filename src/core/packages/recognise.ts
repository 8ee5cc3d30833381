import type { BoardFiles } from '../boardFiles';
import { walkOrEmpty } from '../sync';
import { DownloadError } from './downloadError';
import { fromIndex, type IndexEntry, type Unresolved } from './indexSource';
import type { InstalledPackage, PlacedFile } from './fetchPackages';
import type { TargetBoard } from './model';
import { specId, type Sources } from './resolve';
import { parseDependency, type PackageSpec } from './spec';

/** Number of packages examined at once. */
const AT_ONCE = 8;
/** Number of versions examined for each package, the newest first. */
const MAX_VERSIONS = 10;

/** A file on the board. */
export interface BoardFile {
  readonly size: number;
  readonly sha256: string;
}

/** Returns the files below `target` that are not `known`, with paths relative to it. */
export async function unknownFiles(
  files: BoardFiles,
  target: string,
  known: ReadonlySet<string>,
  signal?: AbortSignal,
): Promise<Map<string, BoardFile>> {
  const there = (await walkOrEmpty(files, target || '/', signal)).filter(
    (e) => e.type === 'file' && !known.has(e.path),
  );
  if (there.length === 0) return new Map();
  const hashes = await files.hash(
    there.map((e) => e.path),
    signal,
  );
  return new Map(
    there.flatMap(({ path, size }, i) => {
      const sha256 = hashes[i];
      return sha256 === undefined ? [] : [[path.slice(target.length + 1), { size, sha256 }]];
    }),
  );
}

type Manifest = Unresolved & { readonly version: string };

/**
 * Finds packages of the index that are on a board but were not installed from here, for example by mip on the board, by
 * mpremote, or from another computer. A package is found if every file in its manifest has the hash in the manifest.
 * @param there the board's files by path below the packages folder
 * @throws DownloadError, ProtocolError
 */
export async function recognise(
  entries: readonly IndexEntry[],
  there: ReadonlyMap<string, BoardFile>,
  board: TargetBoard,
  sources: Sources,
  signal?: AbortSignal,
): Promise<Omit<InstalledPackage, 'wanted'>[]> {
  const tops = new Set([...there.keys()].map(topName));
  const likely = entries.filter((e) => tops.has(topName(e.name)));
  const found: Omit<InstalledPackage, 'wanted'>[] = [];
  for (let i = 0; i < likely.length; i += AT_ONCE) {
    const some = likely.slice(i, i + AT_ONCE);
    const looks = some.map((entry) => versionThere(entry, there, board, sources, signal));
    for (const manifest of await Promise.all(looks)) {
      if (manifest) found.push(recordOf(manifest, there));
    }
  }
  return found;
}

/** Returns the top-level name: `umqtt` for `umqtt/simple.mpy`, `umqtt.simple` and `umqtt-x`. */
function topName(name: string): string {
  return (/^[^/.-]+/.exec(name)?.[0] ?? '').toLowerCase();
}

/** Returns a path that is the same for a source file and its compiled form. */
function moduleOf(path: string): string {
  return path.replace(/\.m?py$/, '');
}

/** Returns the newest version whose files are all on the board. */
async function versionThere(
  entry: IndexEntry,
  there: ReadonlyMap<string, BoardFile>,
  board: TargetBoard,
  sources: Sources,
  signal?: AbortSignal,
): Promise<Manifest | undefined> {
  const versions = new Set([entry.version, ...[...entry.versions].reverse()]);
  const flavours = board.mpy ? [board, {}] : [{}];
  const modules = new Set([...there.keys()].map(moduleOf));
  for (const version of [...versions].slice(0, MAX_VERSIONS)) {
    let anyModule = false;
    for (const flavour of flavours) {
      const manifest = await manifestOf(entry.name, version, flavour, sources, signal);
      const files = manifest?.resolved.files ?? [];
      anyModule ||= files.some((f) => modules.has(moduleOf(f.path)));
      const isThere = files.every(
        ({ path, hash }) => hash !== undefined && there.get(path)?.sha256.startsWith(hash),
      );
      if (manifest && files.length > 0 && isThere) return { ...manifest, version };
    }
    // Older versions have mostly the same modules. If none of these is on the board, older versions are not on it either.
    if (!anyModule) return undefined;
  }
  return undefined;
}

async function manifestOf(
  name: string,
  version: string,
  board: TargetBoard,
  { index, fetcher }: Sources,
  signal?: AbortSignal,
): Promise<Unresolved | undefined> {
  const spec: Extract<PackageSpec, { kind: 'index' }> = { kind: 'index', name, version };
  try {
    return await fromIndex(spec, index, board, fetcher, signal);
  } catch (error) {
    if (error instanceof DownloadError && error.status === 404) return undefined;
    throw error;
  }
}

function recordOf(
  { resolved, deps, version }: Manifest,
  there: ReadonlyMap<string, BoardFile>,
): Omit<InstalledPackage, 'wanted'> {
  const { id, name } = resolved;
  const files = resolved.files.flatMap(({ path }): PlacedFile[] => {
    const file = there.get(path);
    return file ? [{ path, ...file }] : [];
  });
  const needs = deps.map(([dep, wanted]) => specId(parseDependency(dep, wanted, name)));
  return { id, name, version, source: name, needs, files };
}
