import * as l10n from '@vscode/l10n';
import { text } from '../bytes';
import { ProtocolError } from '../errors';
import { unpackTarGz, unpackZip, type ArchiveFile } from './archive';
import { DownloadError } from './downloadError';
import type { Fetcher } from './fetcher';
import type { Unresolved } from './indexSource';
import { withoutLogin } from './plainUrl';
import { pypiName, type PackageSpec } from './spec';
import { compareVersions, satisfies } from './versions';

/** The JSON API of PyPI; the setting `mpyFleet.packages.pypi` replaces it. */
export const DEFAULT_PYPI = 'https://pypi.org/pypi';

/** A usable archive of a project: a wheel for any platform, or a .tar.gz. */
export interface Release {
  readonly url: string;
  readonly sha256: string;
  readonly isWheel: boolean;
}

/**
 * Loads a pure-Python package from PyPI: a wheel for any platform, else the source archive. Metadata is left out.
 * Dependencies come from `Requires-Dist`, limited to unconditional MicroPython packages.
 */
export async function fromPypi(
  spec: Extract<PackageSpec, { kind: 'pypi' }>,
  pypi: string,
  fetcher: Fetcher,
  signal?: AbortSignal,
): Promise<Unresolved> {
  const url = `${pypi.replace(/\/+$/, '')}/${pypiName(spec.name)}/${spec.version ? `${spec.version}/` : ''}json`;
  let answer: string;
  try {
    answer = text(await fetcher.get(url, { signal }));
  } catch (cause) {
    if (!(cause instanceof DownloadError) || cause.status !== 404) throw cause;
    const wanted = spec.version === undefined ? '' : ` ${spec.version}`;
    throw new DownloadError(
      url,
      404,
      l10n.t('Package {0}{1} was not found on PyPI', spec.name, wanted),
      {
        cause,
        hint: l10n.t('Check the name and the version at pypi.org.'),
      },
    );
  }
  const { version, requires, release } = readProject(parseProject(answer, url), spec.name);
  const deps = [];
  for (const need of requires) deps.push(await dependency(need, pypi, fetcher, signal));
  const archive = await fetcher.getByHash(release.url, release.sha256, { signal });
  const files = release.isWheel
    ? wheelFiles(await unpackZip(archive, release.url))
    : sdistFiles(await unpackTarGz(archive, release.url));
  if (files.length === 0) {
    throw new ProtocolError(l10n.t('{0} contains no Python modules', spec.name), {
      hint: l10n.t('It may be built for CPython only.'),
    });
  }
  return {
    resolved: {
      id: pypiName(spec.name),
      name: spec.name,
      version,
      spec: { ...spec, version },
      files: files.map((f) => ({ path: f.path, content: f.content, url: release.url })),
    },
    deps,
  };
}

/** One line of `Requires-Dist`: the project and its version rule (`>=1.2,<2`; '' for any version). */
interface Need {
  readonly name: string;
  readonly rule: string;
}

/** Returns the newest version that meets the rule. Without a rule the resolver may choose any version. */
async function dependency(
  { name, rule }: Need,
  pypi: string,
  fetcher: Fetcher,
  signal?: AbortSignal,
): Promise<readonly [string, string]> {
  if (rule === '') return [`pypi:${name}`, ''];
  const url = `${pypi.replace(/\/+$/, '')}/${pypiName(name)}/json`;
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
  throw new DownloadError(
    url,
    404,
    l10n.t('Version {0} of {1} was not found on PyPI', rule, name),
    {
      hint: l10n.t('Choose another version of the package that needs it.'),
    },
  );
}

/** A project as PyPI describes it, not yet checked. */
export interface Project {
  readonly info?: Readonly<Record<string, unknown>>;
  readonly releases?: unknown;
  readonly urls?: unknown;
}

/** Parses an answer of PyPI's JSON API. @throws ProtocolError */
export function parseProject(json: string, url: string): Project {
  try {
    const project: unknown = JSON.parse(json);
    if (typeof project === 'object' && project !== null) return project;
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
  }
  throw new ProtocolError(l10n.t('{0} is not a valid answer from PyPI', withoutLogin(url)), {
    hint: l10n.t(
      "Check mpyFleet.packages.pypi: the address may lead to a web page or a network's login page.",
    ),
  });
}

function readProject(
  { info, urls }: Project,
  name: string,
): { version: string; requires: Need[]; release: Release } {
  const version = info?.version;
  if (typeof version !== 'string' || !Array.isArray(urls)) {
    throw new ProtocolError(l10n.t("PyPI's answer for {0} cannot be read", name));
  }
  const releases = urls.flatMap((u: unknown) => readRelease(u) ?? []);
  const release = releases.find((r) => r.isWheel) ?? releases[0];
  if (!release) {
    throw new ProtocolError(l10n.t('{0} {1} has no pure-Python archive', name, version), {
      hint: l10n.t('Packages with compiled code for computers cannot run on a board.'),
    });
  }
  const lines = Array.isArray(info?.requires_dist) ? (info.requires_dist as unknown[]) : [];
  const requires = lines.flatMap((line) =>
    typeof line === 'string' ? (readNeed(line) ?? []) : [],
  );
  return { version, requires, release };
}

/**
 * Parses a line such as `micropython-log (>=1.2) ; extra == "dev"`. Only MicroPython packages are followed. Extras, and
 * conditions for another Python, are ignored.
 */
function readNeed(line: string): Need | undefined {
  const [, name, rule = '', marker = ''] =
    /^(micropython-[\w.-]+?)\s*(?:\(?((?:~=|[=!<>]=?)[^();]*)\)?)?\s*(?:;(.*))?$/i.exec(line) ?? [];
  if (name === undefined || /\bextra\b|==\s*['"](cpython|win32|darwin|linux)/i.test(marker)) {
    return undefined;
  }
  return { name, rule: rule.replace(/\s+/g, '') };
}

/** Parses an entry of `urls` or `releases`. Returns undefined for archives that cannot be used. */
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

/** Folders next to the modules that no board needs. */
const NO_MODULES = new Set(
  'test tests doc docs example examples bin scripts tools build dist bench benchmarks'.split(' '),
);
/** Files that only describe the archive. */
const METADATA = /^(setup\.|PKG-INFO|README|[^/]*\.egg-info\/)/;

/**
 * Returns the modules and packages of `name-version/` or of its `src/`, without tests, set-up and metadata. An archive made
 * for upip has no set-up; all its other files are meant for the board, as upip installs them.
 */
function sdistFiles(files: ArchiveFile[]): ArchiveFile[] {
  const inner = files.flatMap((f) => {
    const path = f.path
      .split('/')
      .slice(1)
      .join('/')
      .replace(/^src\//, '');
    return path ? [{ ...f, path }] : [];
  });
  const isForUpip = !inner.some((f) => /^(setup\.py|pyproject\.toml)$/.test(f.path));
  if (isForUpip) return inner.filter((f) => !METADATA.test(f.path));
  // A folder without __init__.py is a package too.
  const roots = new Set(
    inner.filter((f) => /\.m?py$/.test(f.path)).map((f) => f.path.split('/')[0] ?? ''),
  );
  const skip = /^(setup|conftest|test_[^/]*|sdist_upip|manifest)\.py$/;
  return inner.filter((f) => {
    const [top = ''] = f.path.split('/');
    if (f.path.includes('/') && (NO_MODULES.has(top) || top.endsWith('.egg-info'))) return false;
    return f.path.includes('/') ? roots.has(top) : /\.m?py$/.test(f.path) && !skip.test(f.path);
  });
}
