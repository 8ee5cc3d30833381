import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { utf8 } from '../../../../src/core/bytes';
import type { LoadUrl } from '../../../../src/core/updates';

const { publicKey, privateKey } = generateKeyPairSync('ed25519');

/** The public key of {@link signed} in hex. */
export const key = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url').toString(
  'hex',
);

export const sha256 = (data: Uint8Array) => createHash('sha256').update(data).digest('hex');

/** A manifest's file, signed by the private key and said to be signed by `by`. */
export function signed(
  content: object,
  { by = key, contents = {} }: { by?: string; contents?: object } = {},
): Uint8Array {
  const manifest = JSON.stringify(content);
  const signature = sign(null, Buffer.from(manifest), privateKey).toString('base64');
  return utf8(JSON.stringify({ manifest, signatures: { [by]: signature }, contents }));
}

/** Loads from `files` by URL, and records the URLs. */
export function loadFrom(files: Readonly<Record<string, Uint8Array>>): {
  load: LoadUrl;
  asked: string[];
} {
  const asked: string[] = [];
  const load: LoadUrl = (url) => {
    asked.push(url);
    const file = files[url];
    return file ? Promise.resolve(file) : Promise.reject(new Error(`no ${url}`));
  };
  return { load, asked };
}
