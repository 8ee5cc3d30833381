import { expect, it } from 'vitest';
import type { BoardFiles } from '../../../../src/core/boardFiles';
import { FileError } from '../../../../src/core/errors';
import { sha256 } from '../../../../src/core/hash';
import { keepBefore, keepDeleted, nodeUndoFolder, UndoStore } from '../../../../src/core/sync';
import { tempDir } from '../../../lab/index.mjs';

/** A board with one file; `meanwhile` happens after it was read. */
function board(old: string, meanwhile: () => Promise<unknown> = () => Promise.resolve()) {
  const content = Buffer.from(old);
  const files: Pick<BoardFiles, 'hash' | 'readMany'> = {
    hash: (paths) => Promise.resolve(paths.map(() => sha256(content))),
    readMany: async (items, take) => {
      for (const { path } of items) await take(content, path);
      await meanwhile();
    },
  };
  return files as BoardFiles;
}

const items = [{ path: '/x.txt', content: Buffer.from('new') }];
const now = () => 1_700_000_000_000;

it('keeps the copies of a board while another board keeps its own', async () => {
  const undo = new UndoStore(nodeUndoFolder(tempDir('keep-two')));
  const other = () => keepBefore({ files: board('two'), undo, board: 'b', now }, items);
  await keepBefore({ files: board('one', other), undo, board: 'a', now }, items);
  expect(await undo.has(sha256(Buffer.from('one')))).toBe(true);
  expect(await undo.has(sha256(Buffer.from('two')))).toBe(true);
});

it('leaves no record if a file cannot be read, because nothing is written or deleted then', async () => {
  const undo = new UndoStore(nodeUndoFolder(tempDir('keep-none')));
  const fails = () => Promise.reject(new FileError('EIO', '/x.txt', 'The card is damaged'));
  const keeping = keepBefore({ files: board('one', fails), undo, board: 'a', now }, items);
  await expect(keeping).rejects.toMatchObject({ errno: 'EIO' });
  expect(await undo.last('a')).toBeUndefined();
  const deleting = keepDeleted({ files: board('one', fails), undo, board: 'a', now }, ['/x.txt']);
  await expect(deleting).rejects.toMatchObject({ errno: 'EIO' });
  expect(await undo.last('a')).toBeUndefined();
});

it('asks for the hash of a written file again only if the transfer may have added lines to it', async () => {
  const undo = new UndoStore(nodeUndoFolder(tempDir('keep-hash')));
  const hashed: string[][] = [];
  const files = board('one');
  const hash: BoardFiles['hash'] = (paths) => {
    hashed.push([...paths]);
    return files.hash(paths);
  };
  const both = ['/main.py', '/x.txt'].map((path) => ({ path, content: Buffer.from('new') }));
  const { written } = await keepBefore({ files: { ...files, hash }, undo, board: 'a', now }, both);
  await written();
  expect(hashed).toEqual([['/main.py', '/x.txt'], ['/main.py']]);
  const entries = (await undo.last('a'))?.entries.map(({ path, after }) => [path, after]);
  // The board of this test still has the old file, as one whose start lines make up the difference.
  expect(entries).toEqual([
    ['/main.py', sha256(Buffer.from('one'))],
    ['/x.txt', sha256(Buffer.from('new'))],
  ]);
});
