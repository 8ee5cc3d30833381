import { throwIfAborted } from '../async';
import { FleetError, UsageError } from '../errors';
import { DownloadError, type Fetcher } from './fetcher';
import { fromIndex, type Unresolved } from './indexSource';
import { readManifest } from './manifest';
import type { ResolvedPackage, TargetBoard } from './model';
import { fromPypi } from './pypiSource';
import { parseSpec, rewriteUrl, specText, type PackageSpec } from './spec';

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

/**
 * Finds all that `specs` need, dependencies first, for one kind of board. Cycles end at the package already there;
 * conflicting versions are refused with the names of those who want them.
 * @throws ConflictError, DownloadError, ProtocolError, UsageError
 */
export async function resolve(
  specs: readonly PackageSpec[],
  board: TargetBoard,
  sources: Sources,
  signal?: AbortSignal,
): Promise<ResolvedPackage[]> {
  const done = new Map<string, ResolvedPackage>();
  const wantedBy = new Map<string, { by: string; version: string }>();
  /** Versions of packages whose own needs are still being followed, too. */
  const chosen = new Map<string, string>();

  // What is named with a version wins over the same package as somebody's "latest".
  const pins = new Map(specs.filter(wantedVersion).map((s) => [specId(s), s]));

  const visit = async (asked: PackageSpec, by: string): Promise<string> => {
    throwIfAborted(signal);
    const key = specId(asked);
    const spec = wantedVersion(asked) ? asked : (pins.get(key) ?? asked);
    const version = wantedVersion(spec);
    const before = wantedBy.get(key);
    if (before) {
      // "latest" is content with whatever another package wants precisely, when that has been chosen.
      if (version && before.version && before.version !== version) {
        throw new ConflictError(
          `${before.by} needs ${key} ${before.version}, but ${by} needs ${key} ${version}`,
          { hint: 'Choose a version that both can use, or install one of them only.' },
        );
      }
      if (version && !before.version && chosen.get(key) !== version) {
        throw new ConflictError(`${by} needs ${key} ${version}, but ${before.by} took the latest`, {
          hint: `Name ${key}@${version} first, so that it is chosen for both.`,
        });
      }
      return key;
    }
    wantedBy.set(key, { by, version });
    if (wantedBy.size > MAX_PACKAGES)
      throw new UsageError(`Over ${MAX_PACKAGES} packages are needed`);
    const { resolved, deps } = await load(spec, board, sources, signal);
    chosen.set(key, resolved.version);
    const needs: string[] = [];
    for (const [name, depVersion] of deps) {
      needs.push(await visit(dependency(name, depVersion), resolved.name));
    }
    done.set(key, { ...resolved, id: key, needs });
    return key;
  };

  for (const spec of specs) await visit(spec, 'you');
  const packages = [...done.values()];
  checkPlaces(packages);
  return packages;
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

function dependency(name: string, version: string): PackageSpec {
  // A plain address names its content by itself: mip ignores a version beside it.
  const plain = version === '' || version === 'latest' || /^https?:/.test(name);
  return parseSpec(plain ? name : `${name}@${version}`);
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
          files: [{ path: spec.name, url: rewriteUrl(spec.url) }],
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
  const local = url.startsWith('file:');
  return {
    resolved: {
      id: spec.url,
      name: spec.name,
      version: manifest.version ?? spec.branch ?? 'HEAD',
      spec,
      files: [
        ...manifest.hashes.map(([path, hash]) => ({
          path,
          hash,
          url: `${sources.index.replace(/\/+$/, '')}/file/${hash.slice(0, 2)}/${hash}`,
        })),
        ...manifest.urls.map(([path, target]) => ({
          path,
          url: fileUrl(target, url, spec.branch, local),
        })),
      ],
    },
    deps: manifest.deps,
  };
}

/** mip takes addresses relative to the package.json; only a local package may name local files, below itself. */
function fileUrl(target: string, base: string, branch: string | undefined, local: boolean): string {
  if (/^(https?|github|gitlab):/.test(target)) return rewriteUrl(target, branch);
  const folder = base.slice(0, base.lastIndexOf('/') + 1);
  if (
    /^[a-z]+:/i.test(target) ||
    target.startsWith('/') ||
    (local && target.split('/').includes('..'))
  ) {
    throw new UsageError(`The package.json names "${target}", which is outside the package`);
  }
  return local ? `${folder}${target}` : new URL(target, base).href;
}

function checkPlaces(packages: readonly ResolvedPackage[]): void {
  const owner = new Map<string, { name: string; source: string }>();
  for (const p of packages) {
    for (const file of p.files) {
      const source = file.hash ?? file.url;
      const other = owner.get(file.path);
      if (other && other.source !== source) {
        throw new ConflictError(`${other.name} and ${p.name} both bring ${file.path}`, {
          hint: 'Only one of them can be installed in this folder.',
        });
      }
      owner.set(file.path, { name: p.name, source });
    }
  }
}
