import { text } from '../bytes';
import { ProtocolError } from '../errors';
import { unpackTarGz, unpackZip, type ArchiveFile } from './archive';
import { DownloadError, type Fetcher } from './fetcher';
import type { Unresolved } from './indexSource';
import type { PackageSpec } from './spec';

/** The JSON API of PyPI; `mpyFleet.packages.pypi` names another. */
export const DEFAULT_PYPI = 'https://pypi.org/pypi';

/** An archive of a project that can be used here: a wheel for any platform, or a .tar.gz. */
export interface Release {
  readonly url: string;
  readonly sha256: string;
  readonly isWheel: boolean;
}

/**
 * A pure-Python package of PyPI: a wheel for any platform, else the source archive. Metadata stays behind; what it
 * needs is taken from `Requires-Dist` where that names MicroPython packages without conditions.
 */
export async function fromPypi(
  spec: Extract<PackageSpec, { kind: 'pypi' }>,
  pypi: string,
  fetcher: Fetcher,
  signal?: AbortSignal,
): Promise<Unresolved> {
  const url = `${pypi.replace(/\/+$/, '')}/${spec.name}/${spec.version ? `${spec.version}/` : ''}json`;
  let json: unknown;
  try {
    json = JSON.parse(text(await fetcher.get(url, { signal })));
  } catch (cause) {
    if (cause instanceof DownloadError && cause.status === 404) {
      throw new DownloadError(url, 404, `There is no package ${spec.name} on PyPI`, { cause });
    }
    if (cause instanceof DownloadError) throw cause;
    throw new ProtocolError(`${url} is no answer of PyPI`, { cause });
  }
  const { version, requires, release } = readProject(json, spec.name);
  const archive = await fetcher.getByHash(release.url, release.sha256, { signal });
  const files = release.isWheel
    ? wheelFiles(await unpackZip(archive, release.url))
    : sdistFiles(await unpackTarGz(archive, release.url));
  if (files.length === 0) {
    throw new ProtocolError(`${spec.name} holds no Python modules`, {
      hint: 'It may be built for CPython only.',
    });
  }
  return {
    resolved: {
      id: spec.name.toLowerCase().replaceAll('_', '-'),
      name: spec.name,
      version,
      spec: { ...spec, version },
      files: files.map((f) => ({ path: f.path, content: f.content, url: release.url })),
    },
    deps: requires.map((name) => [`pypi:${name}`, ''] as const),
  };
}

function readProject(
  json: unknown,
  name: string,
): { version: string; requires: string[]; release: Release } {
  const { info, urls } = (json ?? {}) as { info?: Record<string, unknown>; urls?: unknown };
  const version = info?.version;
  if (typeof version !== 'string' || !Array.isArray(urls)) {
    throw new ProtocolError(`PyPI's answer for ${name} cannot be read`);
  }
  const releases = urls.flatMap((u: unknown) => readRelease(u) ?? []);
  const release = releases.find((r) => r.isWheel) ?? releases[0];
  if (!release) {
    throw new ProtocolError(`${name} ${version} has no pure-Python archive`, {
      hint: 'Packages with compiled code for computers cannot run on a board.',
    });
  }
  const wanted = Array.isArray(info?.requires_dist) ? info.requires_dist : [];
  const requires = wanted.flatMap((r: unknown) => {
    const match = typeof r === 'string' ? /^(micropython-[\w.-]+)\s*$/i.exec(r) : null;
    return match?.[1] ?? [];
  });
  return { version, requires, release };
}

/** An entry of `urls` or `releases`; undefined for archives that cannot be used. */
export function readRelease(value: unknown): Release | undefined {
  const fields = (value ?? {}) as Record<string, unknown>;
  const { filename, url } = fields;
  const hash = (fields.digests as { sha256?: unknown } | undefined)?.sha256;
  if (typeof filename !== 'string' || typeof url !== 'string' || typeof hash !== 'string') {
    return undefined;
  }
  const isWheel = filename.endsWith('-none-any.whl');
  if (!isWheel && !filename.endsWith('.tar.gz')) return undefined;
  return { url, sha256: hash, isWheel };
}

function wheelFiles(files: ArchiveFile[]): ArchiveFile[] {
  return files.filter((f) => !/^[^/]+\.(dist-info|data)\//.test(f.path));
}

/** The modules and packages of `name-version/`, or of its `src/`; not its tests, set-up and metadata. */
function sdistFiles(files: ArchiveFile[]): ArchiveFile[] {
  const inner = files.flatMap((f) => {
    const path = f.path
      .split('/')
      .slice(1)
      .join('/')
      .replace(/^src\//, '');
    return path ? [{ ...f, path }] : [];
  });
  const roots = new Set(
    inner.filter((f) => /^[^/]+\/__init__\.py$/.test(f.path)).map((f) => f.path.split('/')[0]),
  );
  const skip = /^(setup|conftest|test_[^/]*|sdist_upip|manifest)\.py$/;
  return inner.filter((f) => {
    const [top = ''] = f.path.split('/');
    if (top === 'tests' || top.endsWith('.egg-info')) return false;
    return f.path.includes('/') ? roots.has(top) : /\.m?py$/.test(f.path) && !skip.test(f.path);
  });
}
