import * as l10n from '@vscode/l10n';
import { throwIfAborted } from '../async';
import { FleetError, UsageError } from '../errors';
import { BoundedFetcher } from './boundedFetcher';
import { DownloadError } from './downloadError';
import type { Fetcher } from './fetcher';
import { sha256 } from '../hash';
import { fromIndex, type Unresolved } from './indexSource';
import { fileUrl, hashedFiles, readManifest } from './manifest';
import { refuseTooMuch, type ResolvedPackage, type TargetBoard } from './model';
import { fromPypi } from './pypiSource';
import { parseDependency, pypiName, rewriteUrl, specText, type PackageSpec } from './spec';
import { safeRelativePath } from './targetPath';

/** Two packages require different versions of a third, or contain different files for one path. */
export class ConflictError extends FleetError {
  readonly code = 'conflict';
}

/** Addresses of the package indexes, and the downloader. */
export interface Sources {
  readonly index: string;
  readonly pypi: string;
  readonly fetcher: Fetcher;
}

/** A larger set of packages is a mistake or an attack. */
const MAX_PACKAGES = 200;

/** An exact version that a package or the user requires, and who requires it. */
interface Pin {
  readonly spec: PackageSpec;
  readonly by: string;
}

/**
 * Resolves `specs` and their dependencies, dependencies first, for one kind of board. Cycles are allowed. An exact version
 * also satisfies packages that accept the latest one. Two different exact versions are refused with the names of the
 * packages that require them.
 * @throws ConflictError, DownloadError, ProtocolError, UsageError
 */
export async function resolve(
  specs: readonly PackageSpec[],
  board: TargetBoard,
  sources: Sources,
  signal?: AbortSignal,
): Promise<ResolvedPackage[]> {
  // A package named with a version wins over the same package required as "latest".
  const pins = new Map<string, Pin>();
  for (const spec of specs.filter(wantedVersion)) {
    refuseOther(pins.get(specId(spec)), { spec, by: YOU });
    pins.set(specId(spec), { spec, by: YOU });
  }
  const bounded = { ...sources, fetcher: new BoundedFetcher(sources.fetcher) };
  for (let round = 1; ; round++) {
    if (round > MAX_ROUNDS) throw tooTangled();
    const found = await new Resolution(board, bounded, pins, signal).run(specs);
    if (Array.isArray(found)) {
      checkPlaces(found);
      return found;
    }
    // Start another round with this pinned version. Each round adds one, so this ends.
    pins.set(specId(found.spec), found);
  }
}

/** Limit of rounds until all pinned versions are found: real packages need two or three. */
const MAX_ROUNDS = 20;

function tooTangled(): UsageError {
  return new UsageError(l10n.t('The packages need too many different versions of each other'), {
    hint: l10n.t('Install them one by one, or specify the versions.'),
  });
}

const YOU = 'you';

/** One attempt to resolve all requirements, given the versions that are pinned. */
class Resolution {
  readonly #done = new Map<string, ResolvedPackage>();
  /** The chosen version of each package, including packages whose dependencies are still being resolved. */
  readonly #taken = new Map<string, string>();
  /** Exact versions found during this round. */
  readonly #precise = new Map<string, Pin>();
  /** Bytes of files that came in archives. */
  #unpacked = 0;

  constructor(
    private readonly board: TargetBoard,
    private readonly sources: Sources,
    private readonly pins: ReadonlyMap<string, Pin>,
    private readonly signal: AbortSignal | undefined,
  ) {}

  /**
   * Returns the resolved packages; or a pinned version found too late, after another version had been
   * taken.
   */
  async run(specs: readonly PackageSpec[]): Promise<ResolvedPackage[] | Pin> {
    for (const spec of specs) {
      const late = await this.#visit({ spec, by: YOU });
      if (late) return late;
    }
    return [...this.#done.values()];
  }

  async #visit(wish: Pin): Promise<Pin | undefined> {
    throwIfAborted(this.signal);
    const key = specId(wish.spec);
    const pin = this.pins.get(key) ?? this.#precise.get(key);
    const version = wantedVersion(wish.spec);
    if (version) refuseOther(pin, wish);
    const taken = this.#taken.get(key);
    if (taken !== undefined) return version && !pin && taken !== version ? wish : undefined;
    if (this.#taken.size >= MAX_PACKAGES)
      throw new UsageError(l10n.t('More than {0} packages are needed', MAX_PACKAGES));
    this.#taken.set(key, '');
    if (version) this.#precise.set(key, wish);
    const { resolved, deps } = await this.#load(pin?.spec ?? wish.spec, wish.by);
    this.#unpacked += resolved.files.reduce((sum, f) => sum + (f.content?.length ?? 0), 0);
    refuseTooMuch(this.#unpacked);
    this.#taken.set(key, resolved.version);
    const needs: string[] = [];
    for (const [name, depVersion] of deps) {
      const spec = parseDependency(name, depVersion, resolved.name);
      const late = await this.#visit({ spec, by: resolved.name });
      if (late) return late;
      needs.push(specId(spec));
    }
    this.#done.set(key, { ...resolved, id: key, needs });
    return undefined;
  }

  /** Adds to the error which package requires the missing one. */
  async #load(spec: PackageSpec, by: string): Promise<Unresolved> {
    try {
      return await load(spec, this.board, this.sources, this.signal);
    } catch (error) {
      if (by === YOU || !(error instanceof DownloadError)) throw error;
      throw new DownloadError(
        error.url,
        error.status,
        l10n.t('{0} cannot be installed: {1}', by, error.message),
        {
          cause: error,
          ...(error.hint === undefined ? {} : { hint: error.hint }),
        },
      );
    }
  }
}

/**
 * Checks that a requirement agrees with the pinned version.
 * @throws ConflictError when the two want different versions
 */
function refuseOther(pin: Pin | undefined, wish: Pin): void {
  if (!pin) return;
  const [first, second] = [wantedVersion(pin.spec), wantedVersion(wish.spec)];
  if (first === second) return;
  const key = specId(wish.spec);
  const says = ({ by }: Pin, version: string) =>
    by === YOU ? `you ask for ${key} ${version}` : `${by} needs ${key} ${version}`;
  throw new ConflictError(sentence(`${says(pin, first)}, but ${says(wish, second)}`), {
    hint: l10n.t('Choose a version that works for both, or install only one of them.'),
  });
}

function sentence(text: string): string {
  return text.startsWith('you ') ? `Y${text.slice(1)}` : text;
}

/** Returns the key of a package: a board has one version of it. */
export function specId(spec: PackageSpec): string {
  switch (spec.kind) {
    case 'index':
      return spec.name.toLowerCase();
    case 'pypi':
      return `pypi:${pypiName(spec.name)}`;
    case 'file':
    case 'json':
      return spec.url;
  }
}

function wantedVersion(spec: PackageSpec): string {
  switch (spec.kind) {
    case 'index':
      return spec.version === 'latest' ? '' : spec.version;
    case 'pypi':
      return spec.version ?? '';
    case 'json':
      return spec.branch ?? '';
    case 'file':
      return '';
  }
}

async function load(
  spec: PackageSpec,
  board: TargetBoard,
  sources: Sources,
  signal?: AbortSignal,
): Promise<Unresolved> {
  switch (spec.kind) {
    case 'index':
      return fromIndex(spec, sources.index, board, sources.fetcher, signal);
    case 'pypi':
      return fromPypi(spec, sources.pypi, sources.fetcher, signal);
    case 'file':
      return {
        resolved: {
          id: spec.url,
          name: spec.name,
          version: 'HEAD',
          spec,
          files: [{ path: safeRelativePath(spec.name, spec.url), url: rewriteUrl(spec.url) }],
        },
        deps: [],
      };
    case 'json':
      return fromJson(spec, sources, signal);
  }
}

async function fromJson(
  spec: Extract<PackageSpec, { kind: 'json' }>,
  sources: Sources,
  signal?: AbortSignal,
): Promise<Unresolved> {
  const url = rewriteUrl(spec.url, spec.branch);
  let bytes: Uint8Array;
  try {
    bytes = await sources.fetcher.get(url, { signal });
  } catch (error) {
    if (!(error instanceof DownloadError) || error.status !== 404) throw error;
    throw new DownloadError(url, 404, l10n.t('No package.json was found at {0}', specText(spec)), {
      cause: error,
      hint: l10n.t('Check the repository, the branch and the path, or name a .py file.'),
    });
  }
  const manifest = readManifest(bytes, url);
  return {
    resolved: {
      id: spec.url,
      name: spec.name,
      version: manifest.version ?? spec.branch ?? 'HEAD',
      spec,
      files: [
        ...hashedFiles(manifest, sources.index),
        ...manifest.urls.map(([path, target]) => ({
          path,
          url: fileUrl(target, spec.url, spec.branch),
        })),
      ],
    },
    deps: manifest.deps,
  };
}

/** Checks that every file has one owner and its own place, also on boards whose file system ignores case (FAT). */
function checkPlaces(packages: readonly ResolvedPackage[]): void {
  const owners = new Map<string, { name: string; path: string; source: string }>();
  for (const { name, files } of packages) {
    for (const file of files) {
      const place = file.path.toLowerCase();
      const source = file.hash ?? (file.content ? sha256(file.content) : file.url);
      const other = owners.get(place);
      if (other && (other.source !== source || other.path !== file.path)) {
        refuseSame(other.name, name, other.path, file.path);
      }
      owners.set(place, { name, path: file.path, source });
    }
  }
  for (const { name, path } of [...owners.values()]) {
    const folders = path.toLowerCase().split('/').slice(0, -1);
    for (const [n] of folders.entries()) {
      const file = owners.get(folders.slice(0, n + 1).join('/'));
      if (file) refuseSame(file.name, name, file.path, path);
    }
  }
}

function refuseSame(one: string, other: string, path: string, otherPath: string): never {
  const what = path === otherPath ? path : `${path} and ${otherPath}, which cannot be side by side`;
  if (one === other) {
    throw new ConflictError(
      l10n.t('{0} contains {1}{2}', one, what, path === otherPath ? ' twice' : ''),
      {
        hint: l10n.t('The package is broken; nothing was installed.'),
      },
    );
  }
  throw new ConflictError(
    path === otherPath
      ? l10n.t('{0} and {1} both contain {2}', one, other, path)
      : l10n.t('{0} and {1} both contain {2}', one, other, what),
    { hint: l10n.t('Only one of them can be installed in this folder.') },
  );
}
