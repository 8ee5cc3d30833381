import * as l10n from '@vscode/l10n';
import { fileText, text } from '../bytes';
import { ProtocolError } from '../errors';
import { parseLenientJson, isRecord } from '../json';
import type { PackageFile } from './model';
import { isAddress, rewriteUrl } from './spec';
import { withoutLogin } from './plainUrl';
import { safeRelativePath } from './targetPath';

/** A mip package.json, checked. */
export interface MipManifest {
  readonly version: string | undefined;
  /** [path below the target, SHA-256 prefix]: content-addressed files of the index. */
  readonly hashes: readonly (readonly [string, string])[];
  /** [path below the target, URL]. */
  readonly urls: readonly (readonly [string, string])[];
  /** [package, version]. */
  readonly deps: readonly (readonly [string, string])[];
}

const MAX_ENTRIES = 2000;

/**
 * Parses a package.json as mip defines it (docs.micropython.org, "Package management"): `hashes`, `urls` and `deps`,
 * each optional.
 * @throws ProtocolError that names the problem
 */
export function readManifest(bytes: Uint8Array, address: string): MipManifest {
  const from = withoutLogin(address);
  let json: unknown;
  try {
    json = parseLenientJson(fileText(bytes));
  } catch (cause) {
    const isPage = /^\s*</.test(text(bytes.subarray(0, 200)));
    throw new ProtocolError(
      l10n.t('{0} is not a package.json{1}', from, isPage ? '' : `: ${(cause as Error).message}`),
      {
        cause,
        hint: isPage
          ? l10n.t('The address leads to a web page: check it.')
          : l10n.t("Check the address, or contact the package's author."),
      },
    );
  }
  if (!isRecord(json)) throw new ProtocolError(l10n.t('{0} is not a package.json', from));
  const fields = json;
  const version = fields.version;
  return {
    version: typeof version === 'string' && version.length <= 50 ? version : undefined,
    hashes: pairs(fields.hashes, 'hashes', from).map(([path, hash]) => {
      if (!/^[0-9a-f]{8,64}$/.test(hash)) {
        throw new ProtocolError(
          l10n.t('{0} gives "{1}" as the hash of {2}', from, hash.slice(0, 80), path),
        );
      }
      return [belowTarget(path, from), hash] as const;
    }),
    urls: pairs(fields.urls, 'urls', from).map(
      ([path, url]) => [belowTarget(path, from), url] as const,
    ),
    deps: pairs(fields.deps, 'deps', from),
  };
}

/** Accepts a leading slash: mip joins the target and the path with a slash, so such a path is below the target too. */
function belowTarget(path: string, from: string): string {
  return safeRelativePath(path.replace(/^\/+/, ''), from);
}

/** Returns the files that an index at `base` stores by hash. */
export function hashedFiles(manifest: MipManifest, base: string): PackageFile[] {
  return manifest.hashes.map(([path, hash]) => ({
    path,
    hash,
    url: `${base.replace(/\/+$/, '')}/file/${hash.slice(0, 2)}/${hash}`,
  }));
}

/**
 * Resolves the address of a file in the package.json at `base`; relative ones are allowed, as in mip. A remote package may
 * not name files of this computer, and a local one only files below itself. `branch` is that of the package: a file of another
 * repository comes from its default branch, or from the one after its `@`.
 * @throws ProtocolError
 */
export function fileUrl(target: string, base: string, branch?: string): string {
  if (isAddress(target)) {
    const [, url = target, at] = /^(\w+:[^@]+)@([\w./-]{1,100})$/.exec(target) ?? [];
    const address = /^https?:/.test(target)
      ? target
      : rewriteUrl(url, at ?? (repository(url) === repository(base) ? branch : undefined));
    if (!base.startsWith('file:')) requireSafe(address, base);
    return address;
  }
  const isLocal = base.startsWith('file:');
  const leadsOut = isLocal && target.split(/[/\\]/).includes('..');
  if (/^[a-z]+:/i.test(target) || /^[/\\]/.test(target) || leadsOut) {
    throw new ProtocolError(
      l10n.t(
        'The package.json at {0} names {1}, which is outside the package',
        withoutLogin(base),
        JSON.stringify(target),
      ),
      { hint: l10n.t('The package is broken or malicious; nothing was installed.') },
    );
  }
  const sibling = `${base.slice(0, base.lastIndexOf('/') + 1)}${target}`;
  if (isLocal) return sibling;
  return /^https?:/.test(base) ? new URL(target, base).href : rewriteUrl(sibling, branch);
}

/**
 * Refuses files that are less safe than their package: a package loaded over https (as from GitHub) may not name files
 * over http, and a package from elsewhere may not name files in this network.
 */
function requireSafe(address: string, base: string): void {
  if (!/^https?:/.test(address)) return;
  const { protocol, hostname } = new URL(address);
  const from = /^https?:/.test(base) ? new URL(base) : undefined;
  const isInside = from !== undefined && isPrivate(from.hostname);
  const why =
    protocol === 'http:' && from?.protocol !== 'http:'
      ? l10n.t('which is not encrypted')
      : isPrivate(hostname) && !isInside
        ? l10n.t('which is inside your own network')
        : undefined;
  if (why === undefined) return;
  throw new ProtocolError(
    l10n.t(
      'The package.json at {0} names {1}, {2}',
      withoutLogin(base),
      withoutLogin(address),
      why,
    ),
    {
      hint: l10n.t('The package is broken or malicious; nothing was installed.'),
    },
  );
}

/** Names that only resolve inside a network: special-use names (RFC 6761, 6762, 8375), and what routers commonly use. */
const INSIDE = /(^|\.)(localhost|local|internal|lan|home\.arpa)$/;

/**
 * Returns whether a host is a loopback, link-local or private address (RFC 1918, 3927, 4193, 4291,
 * 6052, 6598), or a name of this computer or its network. A name without a dot is one.
 */
export function isPrivate(hostname: string): boolean {
  const host = hostname.toLowerCase().replace(/^\[|\]$|\.$/g, '');
  if (host.includes(':')) return /^(::|f[cd]|fe[89a-f]|64:ff9b:)/.test(host);
  if (!host.includes('.') || INSIDE.test(host)) return true;
  return /^(0|10|127|169\.254|192\.168|172\.(1[6-9]|2\d|3[01])|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7]))\.\d/.test(
    host,
  );
}

/** Returns the part `github:org/repo` of an address, or undefined. */
function repository(url: string): string | undefined {
  return /^\w+:[^/]+\/[^/]+/.exec(url)?.[0].toLowerCase();
}

function pairs(value: unknown, field: string, from: string): [string, string][] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value) || value.length > MAX_ENTRIES) {
    throw new ProtocolError(l10n.t('{0} has no list in "{1}"', from, field));
  }
  return value.map((item: unknown) => {
    const pair: unknown[] = Array.isArray(item) ? item : [];
    const [first, second] = pair;
    if (typeof first !== 'string' || typeof second !== 'string') {
      throw new ProtocolError(
        l10n.t('{0} has an entry in "{1}" that is not a pair of strings', from, field),
      );
    }
    return [first, second];
  });
}
