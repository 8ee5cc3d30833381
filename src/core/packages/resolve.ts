import { throwIfAborted } from '../async';
import { FleetError, UsageError } from '../errors';
import { DownloadError } from './downloadError';
import { sha256, type Fetcher } from './fetcher';
import { fromIndex, type Unresolved } from './indexSource';
import { fileUrl, hashedFiles, readManifest } from './manifest';
import type { ResolvedPackage, TargetBoard } from './model';
import { fromPypi } from './pypiSource';
import { parseDependency, rewriteUrl, specText, type PackageSpec } from './spec';
import { safeRelativePath } from './targetPath';

/** Two packages want different versions of a third, or put different files in one place. */
export class ConflictError extends FleetError {
  readonly code = 'conflict';
}

export interface Sources {
  readonly index: string;
  readonly pypi: string;
  readonly fetcher: Fetcher;
}

/** A package set larger than this is a mistake or an attack. */
const MAX_PACKAGES = 200;

/** A version that somebody wants precisely, and who. */
interface Pin {
  readonly spec: PackageSpec;
  readonly by: string;
}

/**
 * Finds all that `specs` need, dependencies first, for one kind of board. Cycles end at the package already there. What
 * somebody wants precisely is taken for those, too, that are content with the latest; two precise wishes that differ are
 * refused with the names of those who have them.
 * @throws ConflictError, DownloadError, ProtocolError, UsageError
 */
export async function resolve(
  specs: readonly PackageSpec[],
  board: TargetBoard,
  sources: Sources,
  signal?: AbortSignal,
): Promise<ResolvedPackage[]> {
  // What is named with a version wins over the same package as somebody's "latest".
  const pins = new Map<string, Pin>();
  for (const spec of specs.filter(wantedVersion)) {
    refuseOther(pins.get(specId(spec)), { spec, by: YOU });
    pins.set(specId(spec), { spec, by: YOU });
  }
  for (;;) {
    const found = await new Resolution(board, sources, pins, signal).run(specs);
    if (Array.isArray(found)) {
      checkPlaces(found);
      return found;
    }
    // Once more, now that the wish is known; each round knows one more, so this ends.
    pins.set(specId(found.spec), found);
  }
}

const YOU = 'you';

/** One way through what is needed, under what is known to be wanted precisely. */
class Resolution {
  readonly #done = new Map<string, ResolvedPackage>();
  /** The version taken, also of packages whose own needs are still being followed. */
  readonly #taken = new Map<string, string>();
  /** Precise wishes met on the way. */
  readonly #precise = new Map<string, Pin>();

  constructor(
    private readonly board: TargetBoard,
    private readonly sources: Sources,
    private readonly pins: ReadonlyMap<string, Pin>,
    private readonly signal: AbortSignal | undefined,
  ) {}

  /** What is needed; or a wish that came too late, since another version was taken before. */
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
      throw new UsageError(`Over ${MAX_PACKAGES} packages are needed`);
    this.#taken.set(key, '');
    if (version) this.#precise.set(key, wish);
    const { resolved, deps } = await this.#load(pin?.spec ?? wish.spec, wish.by);
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

  /** Says who needs what is not there. */
  async #load(spec: PackageSpec, by: string): Promise<Unresolved> {
    try {
      return await load(spec, this.board, this.sources, this.signal);
    } catch (error) {
      if (by === YOU || !(error instanceof DownloadError)) throw error;
      const why = error.message.replace(/^There/, 'there');
      throw new DownloadError(error.url, error.status, `${by} cannot be installed: ${why}`, {
        cause: error,
        ...(error.hint === undefined ? {} : { hint: error.hint }),
      });
    }
  }
}

/** @throws ConflictError when the two want different versions */
function refuseOther(pin: Pin | undefined, wish: Pin): void {
  if (!pin) return;
  const [first, second] = [wantedVersion(pin.spec), wantedVersion(wish.spec)];
  if (first === second) return;
  const key = specId(wish.spec);
  const says = ({ by }: Pin, version: string) =>
    by === YOU ? `you ask for ${key} ${version}` : `${by} needs ${key} ${version}`;
  throw new ConflictError(sentence(`${says(pin, first)}, but ${says(wish, second)}`), {
    hint: 'Choose a version that both can use, or install one of them only.',
  });
}

function sentence(text: string): string {
  return text.startsWith('you ') ? `Y${text.slice(1)}` : text;
}

/** The key under which a package is known: one version of it on a board. */
export function specId(spec: PackageSpec): string {
  switch (spec.kind) {
    case 'index':
      return spec.name.toLowerCase();
    case 'pypi':
      return `pypi:${spec.name.toLowerCase().replaceAll('_', '-')}`;
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
    throw new DownloadError(url, 404, `There is no package.json at ${specText(spec)}`, {
      cause: error,
      hint: 'Check the repository, the branch and the path, or name a .py file.',
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

/** Every file has one owner and a place of its own, also on boards that take `A.py` and `a.py` for one (FAT). */
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
    throw new ConflictError(`${one} brings ${what}${path === otherPath ? ' twice' : ''}`, {
      hint: 'The package is broken; nothing was installed.',
    });
  }
  throw new ConflictError(
    path === otherPath
      ? `${one} and ${other} both bring ${path}`
      : `${one} and ${other} bring ${what}`,
    { hint: 'Only one of them can be installed in this folder.' },
  );
}
