import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../../src/core/bytes';
import { loadAgentRelease, updateKeys } from '../../../../src/core/updates';
import { key, loadFrom, sha256, signed } from './signing';

const AT = 'https://example.org/agent/agent.json';
const SHIM = 'https://example.org/agent/shim.py';
const MAIN = 'https://example.org/agent/copy/main.mpy';
const files = { [SHIM]: utf8('shim'), [MAIN]: utf8('main') };
const hashes = { 'shim.py': sha256(utf8('shim')), 'copy/main.mpy': sha256(utf8('main')) };
const whole = { kind: 'mpyfleet-agent', version: '9.9.9', files: hashes };
const at = (manifest: Uint8Array, more: object = files) =>
  loadFrom({ [AT]: manifest, ...more }).load;

describe('a signed release of the agent', () => {
  it('is accepted if a trusted key has signed it and its files are those that were signed', async () => {
    const manifest = signed(whole);
    const agent = await loadAgentRelease(AT, at(manifest), ['0'.repeat(64), key]);
    expect(agent).toMatchObject({
      version: '9.9.9',
      release: { url: AT, sha256: sha256(manifest) },
    });
    const { shim, copy } = await agent.sourceOf(true);
    expect([shim, copy.get('main.mpy')]).toEqual([utf8('shim'), utf8('main')]);
    await expect(agent.sourceOf(false)).rejects.toThrow('too old for agent 9.9.9');
  });

  it('is rejected if no trusted key has signed it, before its files are loaded', async () => {
    const other = '1'.repeat(64);
    const rejects = async (manifest: Uint8Array, trusted: string[], why: string) => {
      const { load, asked } = loadFrom({ [AT]: manifest, ...files });
      await expect(loadAgentRelease(AT, load, trusted)).rejects.toThrow(why);
      expect(asked).toEqual([AT]);
    };
    await rejects(signed(whole), [], 'No public key is trusted');
    await rejects(signed(whole), [other], 'No trusted key');
    await rejects(signed(whole, { by: other }), [other], 'No trusted key');
    const changed = Buffer.from(signed(whole)).toString().replace('9.9.9', '9.9.8');
    await rejects(utf8(changed), [key], 'No trusted key');
  });

  it('is rejected if a file differs or is missing', async () => {
    const other = at(signed(whole), { ...files, [MAIN]: utf8('evil') });
    await expect(loadAgentRelease(AT, other, [key])).rejects.toThrow(
      'copy/main.mpy is not the file that was signed',
    );
    const less = at(signed(whole), { [SHIM]: utf8('shim') });
    await expect(loadAgentRelease(AT, less, [key])).rejects.toThrow(`no ${MAIN}`);
  });

  it('may contain its files, which are verified like separate ones', async () => {
    const base64 = (text: string) => Buffer.from(text).toString('base64');
    const contents = { 'shim.py': base64('shim'), 'copy/main.mpy': base64('main') };
    const { load, asked } = loadFrom({ [AT]: signed(whole, { contents }) });
    const agent = await loadAgentRelease(AT, load, [key]);
    expect((await agent.sourceOf(true)).copy.get('main.mpy')).toEqual(Buffer.from('main'));
    expect(asked).toEqual([AT]);
    const evil = { ...contents, 'copy/main.mpy': base64('evil') };
    const rejected = loadAgentRelease(AT, at(signed(whole, { contents: evil })), [key]);
    await expect(rejected).rejects.toThrow('not the file that was signed');
  });

  it('is the one that a waiting job was made for, or rejected', async () => {
    const manifest = signed(whole);
    await loadAgentRelease(AT, at(manifest), [key], sha256(manifest));
    await expect(
      loadAgentRelease(AT, at(manifest), [key], sha256(utf8('an earlier one'))),
    ).rejects.toThrow('agent.json has changed since it was chosen');
  });

  it.each([
    [{ ...whole, kind: 'other' }],
    [{ ...whole, version: 'x' }],
    [{ ...whole, files: { '../shim.py': '0'.repeat(64) } }],
    [{ ...whole, files: { 'copy/../../x.mpy': '0'.repeat(64) } }],
    [{ ...whole, files: null }],
    [{ ...whole, files: {} }],
  ])('is rejected if it is none: %j', async (content) => {
    await expect(loadAgentRelease(AT, at(signed(content)), [key])).rejects.toThrow(
      'not a release of the agent',
    );
  });

  it.each(['', '{', '[]', '{"manifest":1}', 'x'.repeat(1_100_000)])(
    'is no manifest: %.20s',
    async (file) => {
      await expect(loadAgentRelease(AT, at(utf8(file)), [key])).rejects.toThrow(
        'not a release of the agent',
      );
    },
  );

  it('accepts only valid public keys', () => {
    expect(updateKeys(` ${key.toUpperCase()}\n`)).toEqual([key]);
    expect(() => updateKeys('abc')).toThrow('not a public key');
  });
});
