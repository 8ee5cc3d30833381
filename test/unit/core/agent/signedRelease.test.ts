import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../../src/core/bytes';
import { readRelease, sourceOf, updateKeys } from '../../../../src/core/agent/signedRelease';

const { publicKey, privateKey } = generateKeyPairSync('ed25519');
const key = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url').toString('hex');
const FILES = new Map([
  ['shim.py', utf8('shim')],
  ['copy/main.mpy', utf8('main')],
]);
const hashes = Object.fromEntries(
  [...FILES].map(([name, data]) => [name, createHash('sha256').update(data).digest('hex')]),
);
const whole = { kind: 'mpyfleet-agent', version: '9.9.9', files: hashes };

function signed(content: object, by = key): Uint8Array {
  const manifest = JSON.stringify(content);
  const signature = sign(null, Buffer.from(manifest), privateKey).toString('base64');
  return utf8(JSON.stringify({ manifest, signatures: { [by]: signature } }));
}

describe('a signed release of the agent', () => {
  it('is taken if a trusted key has signed it and its files are those that were signed', () => {
    const release = readRelease(signed(whole), ['0'.repeat(64), key]);
    expect(release.version).toBe('9.9.9');
    const { shim, copy } = sourceOf(release, FILES);
    expect([shim, copy.get('main.mpy')]).toEqual([utf8('shim'), utf8('main')]);
  });

  it('is rejected if no trusted key has signed it', () => {
    const other = '1'.repeat(64);
    expect(() => readRelease(signed(whole), [])).toThrow('No trusted key');
    expect(() => readRelease(signed(whole), [other])).toThrow('No trusted key');
    expect(() => readRelease(signed(whole, other), [other])).toThrow('No trusted key');
    const changed = Buffer.from(signed(whole)).toString().replace('9.9.9', '9.9.8');
    expect(() => readRelease(utf8(changed), [key])).toThrow('No trusted key');
  });

  it('is rejected if a file is another one or missing', () => {
    const release = readRelease(signed(whole), [key]);
    const message = 'copy/main.mpy is not the file that was signed';
    const other = new Map([...FILES, ['copy/main.mpy', utf8('evil')] as const]);
    expect(() => sourceOf(release, other)).toThrow(message);
    expect(() => sourceOf(release, new Map([['shim.py', utf8('shim')]]))).toThrow(message);
  });

  it.each([
    [{ ...whole, kind: 'other' }],
    [{ ...whole, version: 'x' }],
    [{ ...whole, files: { '../shim.py': '0'.repeat(64) } }],
    [{ ...whole, files: { 'copy/../../x.mpy': '0'.repeat(64) } }],
    [{ ...whole, files: null }],
  ])('is rejected if it is none: %j', (content) => {
    expect(() => readRelease(signed(content), [key])).toThrow('not a release of the agent');
  });

  it.each(['', '{', '[]', '{"manifest":1}', 'x'.repeat(70_000)])(
    'is no manifest: %.20s',
    (file) => {
      expect(() => readRelease(utf8(file), [key])).toThrow('not a release of the agent');
    },
  );

  it('trusts keys that are keys', () => {
    expect(updateKeys(` ${key.toUpperCase()}\n`)).toEqual([key]);
    expect(() => updateKeys('abc')).toThrow('not a public key');
  });
});
