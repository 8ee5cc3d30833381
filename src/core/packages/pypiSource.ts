import { text } from '../bytes';
import { ProtocolError } from '../errors';
import { unpackTarGz, unpackZip, type ArchiveFile } from './archive';
import { DownloadError } from './downloadError';
import type { Fetcher } from './fetcher';
import type { Unresolved } from './indexSource';
import type { PackageSpec } from './spec';
import { compareVersions, satisfies } from './versions';

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
  let answer: string;
  try {
    answer = text(await fetcher.get(url, { signal }));
  } catch (cause) {
    if (!(cause instanceof DownloadError) || cause.status !== 404) throw cause;
    const wanted = spec.version === undefined ? '' : ` ${spec.version}`;
    throw new DownloadError(url, 404, `There is no package ${spec.name}${wanted} on PyPI`, {
      cause,
      hint: 'Check the name and the version at pypi.org.',
    });
  }
  const { version, requires, release } = readProject(parseProject(answer, url), spec.name);
  const deps = [];
  for (const need of requires) deps.push(await dependency(need, pypi, fetcher, signal));
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
    deps,
  };
}

/** A line of `Requires-Dist`: the project, and the versions that will do (`>=1.2,<2`; '' for any). */
interface Need {
  readonly name: string;
  readonly rule: string;
}

/** The newest version that will do; without a rule, whichever another package wants. */
async function dependency(
  { name, rule }: Need,
  pypi: string,
  fetcher: Fetcher,
  signal?: AbortSignal,
): Promise<readonly [string, string]> {
  if (rule === '') return [`pypi:${name}`, ''];
  const url = `${pypi.replace(/\/+$/, '')}/${name}/json`;
  const { releases } = parseProject(text(await fetcher.get(url, { signal })), url);
  const usable = Object.entries(releases ?? {}).filter(
    ([, files]) => Array.isArray(files) && files.some((f: unknown) => readRelease(f)),
  );
  const version = usable
    .map(([v]) => v)
    .filter((v) => satisfies(v, rule))
    .sort(compareVersions)
    .at(-1);
  if (version !== undefined) return [`pypi:${name}`, version];
  throw new DownloadError(url, 404, `There is no version ${rule} of ${name} on PyPI`, {
    hint: 'Choose another version of the package that needs it.',
  });
}

/** What PyPI says of a project; nothing of it is checked yet. */
export interface Project {
  readonly info?: Readonly<Record<string, unknown>>;
  readonly releases?: unknown;
  readonly urls?: unknown;
}

/** @throws ProtocolError */
export function parseProject(json: string, url: string): Project {
  try {
    const project: unknown = JSON.parse(json);
    if (typeof project === 'object' && project !== null) return project;
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
  }
  throw new ProtocolError(`${url} is no answer of PyPI`, {
    hint: 'Check mpyFleet.packages.pypi: a web page, or the login page of a network, may stand there.',
  });
}

function readProject(
  { info, urls }: Project,
  name: string,
): { version: string; requires: Need[]; release: Release } {
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
  const lines = Array.isArray(info?.requires_dist) ? (info.requires_dist as unknown[]) : [];
  const requires = lines.flatMap((line) =>
    typeof line === 'string' ? (readNeed(line) ?? []) : [],
  );
  return { version, requires, release };
}

/**
 * `micropython-log (>=1.2) ; extra == "dev"`. Only packages for MicroPython are followed; extras and what is meant for
 * another Python are not needed.
 */
function readNeed(line: string): Need | undefined {
  const [, name, rule = '', marker = ''] =
    /^(micropython-[\w.-]+?)\s*(?:\(?((?:~=|[=!<>]=?)[^();]*)\)?)?\s*(?:;(.*))?$/i.exec(line) ?? [];
  if (name === undefined || /\bextra\b|==\s*['"](cpython|win32|darwin|linux)/i.test(marker)) {
    return undefined;
  }
  return { name, rule: rule.replace(/\s+/g, '') };
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
