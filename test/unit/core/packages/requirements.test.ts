import { posix } from 'node:path';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../../../../src/core/errors';
import { readRequirements } from '../../../../src/core/packages/requirements';

/** Reads `/p/r.txt` among files that are given by path. */
function read(files: Record<string, string>) {
  return readRequirements('/p/r.txt', {
    read: (file) =>
      files[file] === undefined
        ? Promise.reject(new UsageError(`${file} cannot be read`))
        : Promise.resolve(files[file]),
    resolve: (from, name) => posix.resolve(posix.dirname(from), name),
    folderOf: (file) => posix.dirname(file),
    nameOf: (file) => posix.basename(file),
  });
}

describe('a requirements file', () => {
  it('has one package a line, with comments, continued lines, and spaces', async () => {
    const text = '\uFEFFa\r\n# note\nb == 1.2 # why\n\n  pypi:c\nd\\\n==2.0\na\n';
    expect(await read({ '/p/r.txt': text })).toEqual(['a', 'b==1.2', 'pypi:c', 'd==2.0']);
  });

  it('includes others, each once, and resolves paths relative to its own folder', async () => {
    const files = {
      '/p/r.txt': '-r more/base.txt\n./lib\n',
      '/p/more/base.txt': 'x\n--requirement ../r.txt\n./lib\n',
    };
    expect(await read(files)).toEqual(['x', '/p/more/lib', '/p/lib']);
    await expect(read({ '/p/r.txt': '-r none.txt' })).rejects.toThrow('/p/none.txt cannot be read');
  });

  it('uses lines with a condition that holds for MicroPython', async () => {
    const text = [
      'a; implementation_name == "micropython"',
      "b ;implementation_name != 'micropython'",
      'c; platform_python_implementation == "CPython"',
    ].join('\n');
    expect(await read({ '/p/r.txt': text })).toEqual(['a']);
  });

  it.each([
    ['a\n-e .', 'r.txt, line 2: "-e ."'],
    ['a>=1', 'r.txt, line 1: "a>=1"'],
    ['a b', '"a b"'],
    ['--index-url http://x', '--index-url'],
    ['\n\na; python_version < "3"', 'line 3: "python_version < "3"" cannot be evaluated'],
  ])('refuses %j by its line', async (text, words) => {
    await expect(read({ '/p/r.txt': text })).rejects.toThrow(words);
  });
});
