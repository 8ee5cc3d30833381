import { text } from '../bytes';
import { ProtocolError } from '../errors';
import type { PackageFile } from './model';
import { isAddress, rewriteUrl } from './spec';
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
 * Reads a package.json as mip defines it (docs.micropython.org, "Package management"): `hashes`, `urls`, `deps`, each
 * optional.
 * @throws ProtocolError naming what is wrong
 */
export function readManifest(bytes: Uint8Array, from: string): MipManifest {
  let json: unknown;
  try {
    json = JSON.parse(text(bytes));
  } catch (cause) {
    throw new ProtocolError(`${from} is no package.json`, {
      cause,
      hint: 'Check the address: a web page or an error text may stand there.',
    });
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new ProtocolError(`${from} is no package.json`);
  }
  const fields = json as Record<string, unknown>;
  const version = fields.version;
  return {
    version: typeof version === 'string' && version.length <= 50 ? version : undefined,
    hashes: pairs(fields.hashes, 'hashes', from).map(([path, hash]) => {
      if (!/^[0-9a-f]{8,64}$/.test(hash)) {
        throw new ProtocolError(`${from} gives "${hash.slice(0, 80)}" as the hash of ${path}`);
      }
      return [safeRelativePath(path, from), hash] as const;
    }),
    urls: pairs(fields.urls, 'urls', from).map(
      ([path, url]) => [safeRelativePath(path, from), url] as const,
    ),
    deps: pairs(fields.deps, 'deps', from),
  };
}

/** The files that an index at `base` keeps under their hash. */
export function hashedFiles(manifest: MipManifest, base: string): PackageFile[] {
  return manifest.hashes.map(([path, hash]) => ({
    path,
    hash,
    url: `${base.replace(/\/+$/, '')}/file/${hash.slice(0, 2)}/${hash}`,
  }));
}

/**
 * The address of a file that the package.json at `base` names: mip takes those that are relative to it. A package from
 * elsewhere never names files of this computer, and a local one only files below itself.
 * @throws ProtocolError
 */
export function fileUrl(target: string, base: string, branch?: string): string {
  if (isAddress(target)) return rewriteUrl(target, branch);
  const isLocal = base.startsWith('file:');
  const leadsOut = isLocal && target.split(/[/\\]/).includes('..');
  if (/^[a-z]+:/i.test(target) || /^[/\\]/.test(target) || leadsOut) {
    throw new ProtocolError(
      `The package.json at ${base} names ${JSON.stringify(target)}, which is outside the package`,
      { hint: 'The package is broken or hostile; nothing was installed.' },
    );
  }
  const beside = `${base.slice(0, base.lastIndexOf('/') + 1)}${target}`;
  if (isLocal) return beside;
  return /^https?:/.test(base) ? new URL(target, base).href : rewriteUrl(beside, branch);
}

function pairs(value: unknown, field: string, from: string): [string, string][] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value) || value.length > MAX_ENTRIES) {
    throw new ProtocolError(`${from} has no list in "${field}"`);
  }
  return value.map((item: unknown) => {
    const pair: unknown[] = Array.isArray(item) ? item : [];
    const [first, second] = pair;
    if (typeof first !== 'string' || typeof second !== 'string') {
      throw new ProtocolError(`${from} has an entry in "${field}" that is no pair of texts`);
    }
    return [first, second];
  });
}
