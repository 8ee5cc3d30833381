import * as l10n from '@vscode/l10n';
import { fileText } from '../bytes';
import { ProtocolError } from '../errors';
import { DownloadError } from './downloadError';
import type { Fetcher, FetchOptions } from './fetcher';
import { fileUrl, hashedFiles, readManifest, type MipManifest } from './manifest';
import type { ResolvedPackage, TargetBoard } from './model';
import type { PackageSpec } from './spec';

/** The index that mip uses; the setting `mpyFleet.packages.index` replaces it. */
export const DEFAULT_INDEX = 'https://micropython.org/pi/v2';

/** An entry of the index, for searching. */
export interface IndexEntry {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly author: string;
  readonly license: string;
  /** Newest last, as the index lists them for source packages. */
  readonly versions: readonly string[];
  /** Folder in the micropython-lib repository that holds its README; '' if the index does not say. */
  readonly path: string;
}

/** A package of a mip v2 index with its dependencies. */
export interface Unresolved {
  readonly resolved: Omit<ResolvedPackage, 'needs'>;
  /** [package, version] as in the manifest. */
  readonly deps: readonly (readonly [string, string])[];
}

/** Reads the manifest of one package: the prebuilt .mpy files if the board loads them, else the source. */
export async function fromIndex(
  spec: Extract<PackageSpec, { kind: 'index' }>,
  index: string,
  board: TargetBoard,
  fetcher: Fetcher,
  signal?: AbortSignal,
): Promise<Unresolved> {
  const base = index.replace(/\/+$/, '');
  const { manifest, url } = await indexManifest(spec, base, board, fetcher, signal);
  return {
    resolved: {
      id: spec.name.toLowerCase(),
      name: spec.name,
      version: manifest.version ?? spec.version,
      spec,
      files: [
        ...hashedFiles(manifest, base),
        ...manifest.urls.map(([path, target]) => ({ path, url: fileUrl(target, url) })),
      ],
    },
    deps: manifest.deps,
  };
}

/** Returns the manifest for the board's .mpy version, or that of the source if the index has none for it. */
async function indexManifest(
  spec: Extract<PackageSpec, { kind: 'index' }>,
  base: string,
  board: TargetBoard,
  fetcher: Fetcher,
  signal?: AbortSignal,
): Promise<{ manifest: MipManifest; url: string }> {
  const flavours = board.mpy ? [String(board.mpy.version), 'py'] : ['py'];
  let missing: DownloadError | undefined;
  for (const flavour of flavours) {
    const url = `${base}/package/${flavour}/${spec.name}/${spec.version}.json`;
    try {
      return { manifest: readManifest(await fetcher.get(url, { signal }), url), url };
    } catch (error) {
      if (!(error instanceof DownloadError) || error.status !== 404) throw error;
      missing = error;
    }
  }
  const wanted = spec.version === 'latest' ? '' : ` ${spec.version}`;
  throw new DownloadError(
    base,
    404,
    l10n.t('Package {0}{1} was not found in {2}', spec.name, wanted, base),
    {
      cause: missing,
      hint: l10n.t('Check the name and the version, or search the index.'),
    },
  );
}

/** Returns all packages of an index. @throws ProtocolError, DownloadError */
export async function listIndex(
  index: string,
  fetcher: Fetcher,
  options: FetchOptions = {},
): Promise<IndexEntry[]> {
  const url = `${index.replace(/\/+$/, '')}/index.json`;
  let json: unknown;
  try {
    json = JSON.parse(fileText(await fetcher.get(url, options)));
  } catch (cause) {
    if (cause instanceof DownloadError) throw cause;
    throw noIndex(url, cause);
  }
  const packages = (json as { packages?: unknown } | null)?.packages;
  if (!Array.isArray(packages)) throw noIndex(url);
  return packages.flatMap((p: unknown) => entry(p) ?? []);
}

function noIndex(url: string, cause?: unknown): ProtocolError {
  return new ProtocolError(l10n.t('{0} is not a package index', url), {
    cause,
    hint: l10n.t(
      "Check mpyFleet.packages.index (--index): the address may lead to a web page or a network's login page.",
    ),
  });
}

/** Returns the entries whose name or description contains all the words. Names that start with the first word come first. */
export function searchIndex(entries: readonly IndexEntry[], words: string): IndexEntry[] {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  const first = wanted[0] ?? '';
  const rank = (e: IndexEntry) =>
    e.name.toLowerCase() === first ? 0 : e.name.toLowerCase().startsWith(first) ? 1 : 2;
  return entries
    .filter((e) => {
      const hay = `${e.name} ${e.description}`.toLowerCase();
      return wanted.every((w) => hay.includes(w));
    })
    .sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name));
}

function entry(value: unknown): IndexEntry | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const fields = value as Record<string, unknown>;
  const field = (name: string, limit = 500) => {
    const v = fields[name];
    return typeof v === 'string' ? v.slice(0, limit) : '';
  };
  const name = field('name', 100);
  if (!/^[A-Za-z0-9_][A-Za-z0-9._-]*$/.test(name)) return undefined;
  const versions = (fields.versions as { py?: unknown } | undefined)?.py;
  return {
    name,
    version: field('version', 50),
    description: field('description'),
    author: field('author'),
    license: field('license', 100),
    path: /^[\w./-]+$/.test(field('path', 200)) ? field('path', 200) : '',
    versions: Array.isArray(versions)
      ? versions.filter((v: unknown): v is string => typeof v === 'string').slice(0, 200)
      : [],
  };
}
