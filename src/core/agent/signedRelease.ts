import { createHash, createPublicKey, verify } from 'node:crypto';
import * as l10n from '@vscode/l10n';
import { text, utf8 } from '../bytes';
import { UsageError } from '../errors';
import type { AgentSource } from './agentInstall';

/**
 * A release of the agent: a file `{"manifest": TEXT, "signatures": {KEY: SIGNATURE}}`. TEXT is JSON,
 * `{"kind": "mpyfleet-agent", "version": V, "files": {NAME: SHA-256}}`; KEY is an ed25519 public key in hex, SIGNATURE its
 * signature over TEXT in base64. The files are next to the manifest.
 */
export interface AgentRelease {
  readonly version: string;
  /** SHA-256 in hex by name: `shim.py`, `copy/main.mpy`. */
  readonly files: ReadonlyMap<string, string>;
}

/** Longest manifest in bytes. */
export const MOST_MANIFEST_BYTES = 64 * 1024;
/** Longest file of an agent in bytes; the largest one has 20 kB. */
export const MOST_FILE_BYTES = 256 * 1024;
const MOST_FILES = 100;
const KIND = 'mpyfleet-agent';
const FILE_NAME = /^(?:shim\.py|copy\/[a-z_]\w{0,40}\.mpy)$/;
const KEY = /^[0-9a-f]{64}$/;

/** Parses a list of trusted public keys, separated by spaces. @throws UsageError */
export function updateKeys(list: string): readonly string[] {
  return list
    .split(/\s+/)
    .filter(Boolean)
    .map((word) => {
      if (KEY.test(word.toLowerCase())) return word.toLowerCase();
      throw new UsageError(l10n.t('"{0}" is not a public key', word), {
        hint: l10n.t('An ed25519 public key has 64 hexadecimal digits.'),
      });
    });
}

/**
 * Reads a manifest that one of the trusted keys has signed.
 * @throws UsageError if no trusted key has, or if it is not a manifest
 */
export function readRelease(file: Uint8Array, trusted: readonly string[]): AgentRelease {
  const envelope = object(file.length > MOST_MANIFEST_BYTES ? '' : text(file));
  const { manifest, signatures } = envelope ?? {};
  if (typeof manifest !== 'string' || typeof signatures !== 'object' || signatures === null) {
    throw invalid();
  }
  const by = signatures as Readonly<Record<string, unknown>>;
  const isSigned = trusted.some(
    (key) => Object.hasOwn(by, key) && isSignature(manifest, key, by[key]),
  );
  if (!isSigned) {
    throw new UsageError(l10n.t('No trusted key has signed this release of the agent'), {
      hint: l10n.t('Nothing was changed. Check the address, and the public keys that you trust.'),
    });
  }
  return content(manifest);
}

/** Checks the files of a release against its hashes. @throws UsageError naming the first that differs or is missing */
export function sourceOf(
  release: AgentRelease,
  files: ReadonlyMap<string, Uint8Array>,
): AgentSource {
  const copy = new Map<string, Uint8Array>();
  let shim: Uint8Array | undefined;
  for (const [name, wanted] of release.files) {
    const data = files.get(name);
    if (!data || createHash('sha256').update(data).digest('hex') !== wanted) {
      throw new UsageError(
        l10n.t('{0} is not the file that was signed for agent {1}', name, release.version),
        { hint: l10n.t('Nothing was changed. The download is damaged, or was replaced.') },
      );
    }
    if (name === 'shim.py') shim = data;
    else copy.set(name.slice('copy/'.length), data);
  }
  if (!shim || copy.size === 0) throw invalid();
  return { shim, copy };
}

function isSignature(manifest: string, key: string, signature: unknown): boolean {
  if (typeof signature !== 'string') return false;
  const x = Buffer.from(key, 'hex').toString('base64url');
  const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  return verify(null, utf8(manifest), publicKey, Buffer.from(signature, 'base64'));
}

function content(manifest: string): AgentRelease {
  const { kind, version, files } = object(manifest) ?? {};
  if (kind !== KIND || typeof version !== 'string' || !/^\d{1,4}(\.\d{1,4}){2}$/.test(version)) {
    throw invalid();
  }
  if (typeof files !== 'object' || files === null) throw invalid();
  const entries = Object.entries(files as Record<string, unknown>);
  if (entries.length > MOST_FILES) throw invalid();
  const hashes = entries.map(([name, hash]): [string, string] => {
    if (!FILE_NAME.test(name) || typeof hash !== 'string' || !KEY.test(hash)) throw invalid();
    return [name, hash];
  });
  return { version, files: new Map(hashes) };
}

function object(json: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function invalid(): UsageError {
  return new UsageError(l10n.t('This is not a release of the agent'), {
    hint: l10n.t('Name the file of the signed manifest, agent.json.'),
  });
}
