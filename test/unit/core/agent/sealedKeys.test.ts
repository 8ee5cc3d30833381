import { expect, it } from 'vitest';
import {
  keyText,
  openKeys,
  parseKey,
  sealKeys,
  withoutLesser,
  type BoardKey,
} from '../../../../src/core/agent';

const PASSPHRASE = 'correct horse battery';
const ann: BoardKey = { role: 'operator', name: 'ann', key: Buffer.alloc(32, 7) };
const ring = new Map<string, BoardKey>([
  ['6b31', ann],
  ['6b32', { role: 'admin', key: Buffer.alloc(32, 8) }],
]);

it('seals keys with their names, and rejects a changed file', async () => {
  const sealed = await sealKeys(ring, PASSPHRASE);
  expect(sealed).not.toContain('6b31');
  expect(await openKeys(sealed.replaceAll('\n', '\r\n'), PASSPHRASE)).toEqual(ring);
  const at = sealed.length - 20;
  const changed = `${sealed.slice(0, at)}${sealed[at] === 'A' ? 'B' : 'A'}${sealed.slice(at + 1)}`;
  await expect(openKeys(changed, PASSPHRASE)).rejects.toThrow(/cannot be opened/);
  await expect(openKeys('{}', PASSPHRASE)).rejects.toThrow(/not a key file/);
  await expect(sealKeys(ring, 'short')).rejects.toThrow(/at least 12/);
});

it('reads a key of a person from its text, and rejects the same names as a board', () => {
  expect(parseKey(keyText(ann))).toEqual(ann);
  expect(() => parseKey(`operator:${'x'.repeat(25)}:${'07'.repeat(32)}`)).toThrow(/not a key/);
  expect(parseKey('07'.repeat(32)).role).toBe('admin');
});

it('keeps the admin key of this computer if the file has a lesser one', async () => {
  const own = (uid: string) =>
    Promise.resolve<BoardKey | undefined>(
      uid === '6b31' ? { role: 'admin', key: Buffer.alloc(32, 9) } : undefined,
    );
  const { take, left } = await withoutLesser(ring, own);
  expect([[...take.keys()], left]).toEqual([['6b32'], ['6b31']]);
  const both = await withoutLesser(ring, () => Promise.resolve({ ...ann, role: 'operator' }));
  expect([...both.take.keys()]).toEqual(['6b31', '6b32']);
});
