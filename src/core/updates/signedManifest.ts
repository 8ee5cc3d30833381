import { createPublicKey, verify } from 'node:crypto';
import * as l10n from '@vscode/l10n';
import { text, utf8 } from '../bytes';
import { UsageError } from '../errors';
import { WrongHashError } from '../packages';
import { sha256 } from '../hash';
import { isRecord } from '../json';

/**
 * A file `{"manifest": TEXT, "signatures": {KEY: SIGNATURE}, "contents": {NAME: BASE64}}`. TEXT is JSON with a `kind`; KEY is an
 * ed25519 public key in hex, SIGNATURE its signature over TEXT in base64. The files that TEXT names are next to the manifest,
 * or in the optional `contents`.
 */
export interface SignedManifest {
  /** The content of TEXT. It is signed, and its form is not checked yet. */
  readonly content: Readonly<Record<string, unknown>>;
  /** Files that the manifest's file contains. They are checked by the hashes in `content`. */
  readonly contents: ReadonlyMap<string, Uint8Array>;
}

/**
 * Loads a file of a release.
 * @param hash its SHA-256, if it is known: a copy of an earlier download can then be used. The result need not be checked.
 * @throws WrongHashError, or an error that says what to do, if the file cannot be read
 */
export type LoadUrl = (url: string, maxBytes: number, hash?: string) => Promise<Uint8Array>;

/** Longest manifest in bytes, with the files that it may contain. */
export const MOST_MANIFEST_BYTES = 1024 * 1024;
/** 64 hexadecimal digits: a SHA-256, or an ed25519 public key. */
export const HEX_64 = /^[0-9a-f]{64}$/;
/** JSON in which every line break would be ignored: the first bytes tell a manifest from an image. */
const OPENS = /^\s*\{/;

/** Parses trusted public keys, one a line or separated by blanks. @throws UsageError */
export function updateKeys(list: string): readonly string[] {
  return list
    .split(/\s+/)
    .filter(Boolean)
    .map((word) => {
      if (HEX_64.test(word.toLowerCase())) return word.toLowerCase();
      throw new UsageError(l10n.t('"{0}" is not a public key', word), {
        hint: l10n.t('An ed25519 public key has 64 hexadecimal digits.'),
      });
    });
}

/** Returns whether a file is a manifest with signatures, valid or not. */
export function isManifest(file: Uint8Array): boolean {
  return OPENS.test(text(file.subarray(0, 64))) && envelopeOf(file) !== undefined;
}

/**
 * Reads a manifest that one of the trusted keys has signed.
 * @returns undefined if the file is not a manifest
 * @throws UsageError if no trusted key has signed it
 */
export function readManifest(
  file: Uint8Array,
  trusted: readonly string[],
): SignedManifest | undefined {
  const envelope = envelopeOf(file);
  if (!envelope) return undefined;
  if (trusted.length === 0) {
    throw new UsageError(l10n.t('No public key is trusted for releases'), {
      hint: l10n.t(
        'Add the public key of the publisher to the setting mpyFleet.updateKeys, in a shell to MPYFLEET_UPDATE_KEYS.',
      ),
    });
  }
  const { manifest, signatures: by } = envelope;
  const isSigned = trusted.some(
    (key) => Object.hasOwn(by, key) && isSignature(manifest, key, by[key]),
  );
  if (!isSigned) {
    throw new UsageError(l10n.t('No trusted key has signed this release'), {
      hint: l10n.t('Nothing was changed. Check the address, and the public keys that you trust.'),
    });
  }
  return { content: objectIn(manifest) ?? {}, contents: envelope.contents };
}

/**
 * Loads the file of a release, or checks the one that the manifest's file contains.
 * @param name path relative to the manifest at `from`
 * @throws UsageError if it is not the file that was signed
 */
export async function signedFile(
  { contents }: SignedManifest,
  { from, name, hash, maxBytes }: SignedPlace,
  load: LoadUrl,
): Promise<Uint8Array> {
  const contained = contents.get(name);
  const loadIt: LoadUrl = contained ? () => Promise.resolve(contained) : load;
  const place = { url: new URL(name, from).href, maxBytes, hash };
  return loadSame(place, loadIt, () => {
    return new UsageError(l10n.t('{0} is not the file that was signed', name), {
      hint: l10n.t('Nothing was changed. The download is damaged, or was replaced.'),
    });
  });
}

/** One file of a release. */
interface SignedPlace {
  /** URL of the manifest. */
  readonly from: string;
  readonly name: string;
  readonly hash: string;
  readonly maxBytes: number;
}

/**
 * Loads the first file of a release: its manifest, or an image.
 * @param pinned SHA-256 of the file for which a waiting job was made
 * @throws UsageError if the file at `from` is no longer that one; what `load` throws
 */
export async function loadPinned(
  from: string,
  load: LoadUrl,
  maxBytes: number,
  pinned: string | undefined,
): Promise<Uint8Array> {
  if (pinned === undefined) return load(from, maxBytes);
  return loadSame({ url: from, maxBytes, hash: pinned }, load, () => {
    return new UsageError(l10n.t('{0} has changed since it was chosen', lastPart(from)), {
      hint: l10n.t('Nothing was changed. Choose it again.'),
    });
  });
}

/** Loads a file whose hash is known. @throws the error of `other` for a file with another hash */
async function loadSame(
  { url, maxBytes, hash }: { url: string; maxBytes: number; hash: string },
  load: LoadUrl,
  other: () => UsageError,
): Promise<Uint8Array> {
  let data: Uint8Array;
  try {
    data = await load(url, maxBytes, hash);
  } catch (error) {
    throw error instanceof WrongHashError ? other() : error;
  }
  if (sha256(data) !== hash) throw other();
  return data;
}

/** Returns the last part of a URL's path, for messages. */
export function lastPart(url: string): string {
  const path = new URL(url).pathname;
  return decodeURIComponent(path.slice(path.lastIndexOf('/') + 1)) || url;
}

interface Envelope {
  readonly manifest: string;
  readonly signatures: Readonly<Record<string, unknown>>;
  readonly contents: ReadonlyMap<string, Uint8Array>;
}

function envelopeOf(file: Uint8Array): Envelope | undefined {
  if (file.length > MOST_MANIFEST_BYTES) return undefined;
  const { manifest, signatures, contents = {} } = objectIn(text(file)) ?? {};
  if (typeof manifest !== 'string' || !isRecord(signatures) || !isRecord(contents)) {
    return undefined;
  }
  const files = Object.entries(contents).map(([name, data]): [string, Uint8Array] => [
    name,
    Buffer.from(typeof data === 'string' ? data : '', 'base64'),
  ]);
  return { manifest, signatures, contents: new Map(files) };
}

function isSignature(manifest: string, key: string, signature: unknown): boolean {
  if (typeof signature !== 'string') return false;
  const x = Buffer.from(key, 'hex').toString('base64url');
  const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  return verify(null, utf8(manifest), publicKey, Buffer.from(signature, 'base64'));
}

function objectIn(json: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return isRecord(value) ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
