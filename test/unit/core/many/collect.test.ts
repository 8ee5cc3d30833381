import { describe, expect, it } from 'vitest';
import type { Board } from '../../../../src/core/board/board';
import {
  boardFolders,
  ContentHash,
  filesAt,
  filesMatching,
} from '../../../../src/core/many/collect';

const paths = ['/main.py', '/a/result.csv', '/b/result.csv', '/logs/1.txt', '/logs/old/2.txt'];
const entries = paths.map((path) => ({ path, type: 'file' as const, size: 1 }));
const board = {
  files: {
    walk: (of: string) =>
      Promise.resolve(entries.filter((e) => of === '/' || e.path.startsWith(`${of}/`))),
    stat: (path: string) =>
      Promise.resolve(entries.find((e) => e.path === path) ?? { type: 'dir', size: 0 }),
  },
} as unknown as Board;
const { signal } = new AbortController();

describe('a folder for each board', () => {
  it('is its name, unique and valid on every system', () => {
    const names = ['kit-1', 'kit-1', 'KIT-1', 'rp2', '../up', 'a/b:c', 'con', '...', 'kit-1-2'];
    const boards = names.map((name) => ({ name }));
    const folders = [...boardFolders(boards).values()];
    expect(folders.slice(0, 4)).toEqual(['kit-1', 'kit-1-2', 'KIT-1-3', 'rp2']);
    expect(new Set(folders.map((f) => f.toLowerCase())).size).toBe(names.length);
    for (const folder of folders) expect(folder).toMatch(/^[^/\\:]+[^./\\:]$/);
    expect(folders).not.toContain('con');
  });
});

describe('the selected files', () => {
  it('never have one local path twice', async () => {
    const two = await filesAt(board, ['/a/result.csv', '/b/result.csv', '/main.py'], signal);
    expect(two.map((f) => f.below)).toEqual(['a/result.csv', 'b/result.csv', 'main.py']);
    const all = await filesAt(board, ['/', '/a/result.csv', '/logs'], signal);
    expect(all.map((f) => f.below)).toEqual(paths.map((p) => p.slice(1)));
    const folder = await filesAt(board, ['/logs/old'], signal);
    expect(folder.map((f) => f.below)).toEqual(['old/2.txt']);
  });

  it.each([
    ['*.csv', ['a/result.csv', 'b/result.csv']],
    ['/logs', ['logs/1.txt', 'logs/old/2.txt']],
    ['/logs/*.txt', ['logs/1.txt']],
    ['/main.py', ['main.py']],
    ['result.csv', ['a/result.csv', 'b/result.csv']],
  ])('are found by %s', async (pattern, expected) => {
    expect((await filesMatching(board, pattern, signal)).map((f) => f.below)).toEqual(expected);
  });

  it('report the pattern if no file matches', async () => {
    await expect(filesMatching(board, '*.log', signal)).rejects.toThrow('No file matches *.log');
  });
});

describe('what files contain, in words', () => {
  const wordsOf = (files: Readonly<Record<string, string>>) => {
    const content = new ContentHash();
    for (const [path, text] of Object.entries(files))
      content.add(path, new TextEncoder().encode(text));
    return content.words;
  };

  it('is the hash of one file, as sha256sum prints it', () => {
    expect(wordsOf({ '/result.csv': 'abc' })).toBe('SHA-256 ba7816bf…');
    expect(wordsOf({})).toBe('');
  });

  it('differs for files of the same size, and for the same files at other paths', () => {
    const both = wordsOf({ '/a.csv': '1', '/b.csv': '2' });
    expect(wordsOf({ '/b.csv': '2', '/a.csv': '1' })).toBe(both);
    expect(wordsOf({ '/a.csv': '1', '/b.csv': '3' })).not.toBe(both);
    expect(wordsOf({ '/a.csv': '2', '/b.csv': '1' })).not.toBe(both);
    expect(wordsOf({ '/a.csv': '1', '/c.csv': '2' })).not.toBe(both);
  });
});
