import * as l10n from '@vscode/l10n';
import { resolve as resolvePath } from 'node:path';
import { ProtocolError, UsageError } from '../errors';

/** The source of a package, as the user or a dependency list names it. */
export type PackageSpec =
  /** The micropython-lib index: `name` or `name@version`. */
  | { readonly kind: 'index'; readonly name: string; readonly version: string }
  /** One .py or .mpy file. */
  | { readonly kind: 'file'; readonly url: string; readonly name: string }
  /** A package.json; `branch` replaces HEAD in `github:` and similar addresses below it. */
  | { readonly kind: 'json'; readonly url: string; readonly name: string; readonly branch?: string }
  /** A pure-Python package of PyPI: `pypi:name` or `pypi:name==version`. */
  | { readonly kind: 'pypi'; readonly name: string; readonly version?: string };

/** URL of one raw file on each repository host; `ref` is a branch, a tag or HEAD. The first two are as in mip. */
const HOSTS = {
  github: (repo: string, path: string, ref: string) =>
    `https://raw.githubusercontent.com/${repo}/${ref}/${path}`,
  gitlab: (repo: string, path: string, ref: string) =>
    `https://gitlab.com/${repo}/-/raw/${ref}/${path}`,
  // The API (codeberg.org/api/swagger, repoGetRawFile) accepts a branch or a tag, and uses the default branch if none is given.
  codeberg: (repo: string, path: string, ref: string) =>
    `https://codeberg.org/api/v1/repos/${repo}/raw/${path}${ref === 'HEAD' ? '' : `?ref=${encodeURIComponent(ref)}`}`,
};
const HOSTED = /^(github|gitlab|codeberg):(.*)$/s;

/** The browser's address of a repository, or of a folder or file in it. */
const BROWSED =
  /^https:\/\/(github|gitlab|codeberg)\.(?:com|org)\/([^/]+\/[^/]+?)(?:\.git)?(?:\/(?:-\/)?(?:tree|blob|src\/branch|src\/tag)\/([^/]+)(\/.*)?)?\/?$/;

/** Names that both indexes allow. They cannot leave a path or a part of a URL. */
const NAME = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,99}$/;
const VERSION = /^[A-Za-z0-9][A-Za-z0-9.+_-]{0,49}$/;

/**
 * Parses what a user types: `umqtt.simple`, `aioble@0.4.1`, `github:org/repo@branch`, `gitlab:org/repo/file.py`,
 * `codeberg:org/repo`, a repository's address from the browser, an http(s) URL, `pypi:micropython-logging==0.3`, or a local file or folder (`./lib`,
 * `/home/…`, `C:\…`).
 * @throws UsageError
 */
export function parseSpec(text: string): PackageSpec {
  const spec = fromBrowser(text.trim());
  if (isLocal(spec)) return located(localUrl(spec), undefined);
  if (isAddress(spec)) {
    const at = HOSTED.test(spec) ? spec.lastIndexOf('@') : -1;
    return at < 0
      ? located(spec, undefined)
      : located(
          spec.slice(0, at),
          checked(spec.slice(at + 1), /^[\w./-]{1,100}$/, (s) =>
            l10n.t('"{0}" is not a branch or tag', s),
          ),
        );
  }
  if (spec.startsWith('pypi:')) {
    const [name = '', version] = spec.slice(5).split(/==|@/);
    return {
      kind: 'pypi',
      name: checked(name, NAME, notAName),
      ...(version === undefined ? {} : { version: checked(version, VERSION, notAVersion) }),
    };
  }
  const [name = '', version = 'latest', ...more] = spec.split(/@|==/);
  if (more.length > 0) checked(spec, NAME, notAName);
  return {
    kind: 'index',
    name: checked(name, NAME, notAName),
    version: checked(version, VERSION, notAVersion),
  };
}

/** Returns text that {@link parseSpec} accepts. Lists and messages use it as the package's name. */
export function specText(spec: PackageSpec): string {
  switch (spec.kind) {
    case 'index':
      return spec.version === 'latest' ? spec.name : `${spec.name}@${spec.version}`;
    case 'pypi':
      return `pypi:${spec.name}${spec.version ? `==${spec.version}` : ''}`;
    case 'file':
      return spec.url;
    case 'json':
      return spec.branch ? `${spec.url}@${spec.branch}` : spec.url;
  }
}

/** Returns whether the spec is an address: a URL or a path on a repository host. */
export function isAddress(spec: string): boolean {
  return /^https?:/.test(spec) || HOSTED.test(spec);
}

/**
 * Returns the http(s) address of `github:org/repo/path` and similar, as mip resolves them (HEAD unless a branch is given).
 * Other addresses are returned unchanged.
 * @throws UsageError when the organisation or the repository is missing
 */
export function rewriteUrl(url: string, branch = 'HEAD'): string {
  const match = HOSTED.exec(url);
  if (!match) return url;
  const [org, repo, ...path] = (match[2] ?? '').split('/');
  if (!org || !repo)
    throw new UsageError(l10n.t('"{0}" is missing the organisation or the repository', url));
  const host = HOSTS[match[1] as keyof typeof HOSTS];
  return host([org, repo].map(encodeURIComponent).join('/'), path.join('/'), branch);
}

/** Converts `https://github.com/org/repo/tree/main/lib` to `github:org/repo/lib@main`. */
function fromBrowser(spec: string): string {
  const [page, host, repo = '', branch, path = ''] = BROWSED.exec(spec) ?? [];
  if (page === undefined) return spec;
  return `${host}:${repo}${path.replace(/\/$/, '')}${branch === undefined ? '' : `@${branch}`}`;
}

/**
 * Returns the http(s) address of a file whose page in the browser, or `github:org/repo/path@branch`, was given; other addresses
 * unchanged.
 */
export function rawUrl(text: string): string {
  const spec = fromBrowser(text);
  const [, url = spec, branch] = HOSTED.test(spec)
    ? (/^(.*?)(?:@([\w./-]+))?$/.exec(spec) ?? [])
    : [];
  return rewriteUrl(url, branch);
}

function located(url: string, branch: string | undefined): PackageSpec {
  const last = url.split(/[/\\]/).filter(Boolean).at(-1) ?? url;
  if (/\.m?py$/.test(last)) {
    return { kind: 'file', url: branch ? rewriteUrl(url, branch) : url, name: last };
  }
  const json = url.endsWith('.json') ? url : `${url.replace(/\/*$/, '')}/package.json`;
  return {
    kind: 'json',
    url: json,
    name: last.replace(/\.json$/, ''),
    ...(branch === undefined ? {} : { branch }),
  };
}

/** Returns whether the spec names a file or folder of this computer. */
function isLocal(spec: string): boolean {
  return /^(\.{0,2}[/\\]|[A-Za-z]:[/\\]|file:)/.test(spec);
}

/** Returns the package with this exact version, if its source has versions. */
export function withVersion(spec: PackageSpec, version: string): PackageSpec {
  return spec.kind === 'index' || spec.kind === 'pypi' ? { ...spec, version } : spec;
}

/** Returns the package in its newest version. */
export function withoutVersion(spec: PackageSpec): PackageSpec {
  if (spec.kind === 'index') return { ...spec, version: 'latest' };
  return spec.kind === 'pypi' ? { kind: 'pypi', name: spec.name } : spec;
}

/** Resolves a relative path (`./lib`) against the absolute path `folder`. */
export function countedFrom(folder: string, spec: string): string {
  return /^\.{1,2}[/\\]/.test(spec) ? resolvePath(folder, spec) : spec;
}

/**
 * Parses a dependency of a package. Files of this computer are refused, because a package cannot know them.
 * @throws UsageError, ProtocolError
 */
export function parseDependency(name: string, version: string, of: string): PackageSpec {
  if (isLocal(name.trim())) {
    throw new ProtocolError(
      l10n.t('{0} needs {1}, which is a path on a computer', of, JSON.stringify(name)),
      {
        hint: l10n.t('The package is broken or malicious; nothing was installed.'),
      },
    );
  }
  // A plain address identifies its content: mip ignores a version next to it.
  const plain = version === '' || version === 'latest' || /^https?:/.test(name);
  return parseSpec(plain ? name : `${name}@${version}`);
}

function localUrl(path: string): string {
  return path.startsWith('file:') ? path : `file:${path.replaceAll('\\', '/')}`;
}

const notAName = (value: string) => l10n.t('"{0}" is not the name of a package', value);
const notAVersion = (value: string) => l10n.t('"{0}" is not a version', value);

function checked(value: string, rule: RegExp, problem: (value: string) => string): string {
  if (rule.test(value)) return value;
  throw new UsageError(problem(value), {
    hint: l10n.t(
      'Write NAME, NAME@VERSION, github:ORG/REPO, gitlab:ORG/REPO, codeberg:ORG/REPO, pypi:NAME, a URL or a local path.',
    ),
  });
}

/** Returns the normalised form of a PyPI project's name (`A.b`, `a_b`, `A--b`; packaging.python.org, "Names and normalization"). */
export function pypiName(name: string): string {
  return name.toLowerCase().replace(/[-_.]+/g, '-');
}
