import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BUILT_IN_IGNORES, IgnoreRules } from '../../../../src/core/sync/ignoreRules';
import { tempDir } from '../../../lab/paths.mjs';

const ignored = (lines: string, path: string) =>
  IgnoreRules.parse(lines).ignores(path.replace(/\/$/, ''), path.endsWith('/'));

describe('rules in gitignore syntax', () => {
  it.each([
    ['*.pyc', 'a/b.pyc', true],
    ['/build', 'build/', true],
    ['/build', 'a/build/', false],
    ['build/', 'build', false],
    ['build/', 'a/build/', true],
    ['build/', 'a/build/x.py', true],
    ['a/b', 'a/b', true],
    ['a/b', 'x/a/b', false],
    ['**/b', 'x/a/b', true],
    ['a/**', 'a/', false],
    ['a/**', 'a/x/y', true],
    ['a/**/b', 'a/b', true],
    ['*.py\n!main.py', 'main.py', false],
    ['*.py\n!main.py', 'other.py', true],
    ['!main.py\n*.py', 'main.py', true],
    ['lib/\n!lib/keep.py', 'lib/keep.py', true],
    ['lib/*\n!lib/keep.py', 'lib/keep.py', false],
    ['# main.py', 'main.py', false],
    ['\\#x', '#x', true],
    ['\\!x', '!x', true],
    ['x  ', 'x', true],
    ['x\\ ', 'x ', true],
    ['a\\*', 'a*', true],
    ['a\\*', 'ab', false],
    ['[!a]b', 'bb', true],
    ['{a,b}', 'a', false],
    ['*', '.hidden', true],
    ['', 'x', false],
    ['/', 'x', false],
    ['x\r\ny', 'x', true],
  ])('%j on %s: %s', (lines, path, expected) => {
    expect(ignored(lines, path)).toBe(expected);
  });

  it('reads rules of a folder below relative to that folder', () => {
    const rules = IgnoreRules.parse('*.log').and(IgnoreRules.parse('/x.py\n!a.log', 'sub'));
    expect(rules.ignores('sub/x.py', false)).toBe(true);
    expect(rules.ignores('x.py', false)).toBe(false);
    expect(rules.ignores('sub/a.log', false)).toBe(false);
    expect(rules.ignores('a.log', false)).toBe(true);
  });

  it('leaves out files that are not part of a program, and lets the user include them', () => {
    const rules = IgnoreRules.parse(BUILT_IN_IGNORES);
    for (const path of ['.git/config', 'a/__pycache__/m.pyc', '.mpyignore', 'node_modules/x/y.js'])
      expect(rules.ignores(path, false)).toBe(true);
    expect(rules.ignores('main.py', false)).toBe(false);
    expect(rules.and(IgnoreRules.parse('!.gitignore')).ignores('.gitignore', false)).toBe(false);
  });
});

describe('compared with git itself', () => {
  const folder = tempDir('ignore');
  const paths = [
    'main.py',
    'lib/a.py',
    'lib/keep.py',
    'lib/deep/b.log',
    'build/x.mpy',
    'src/build/y.mpy',
    'src/data/1.csv',
    'doc/a b.txt',
    'src/#odd#',
    'src/!bang',
    '.hidden/z',
    'src/a[1].py',
  ];
  const patterns = [
    '*.log\nbuild/\n!src/build/',
    '/lib/*\n!/lib/keep.py',
    'src/**/1.csv\n\\#odd#\n\\!bang\n.*/',
    '*\n!*/\n!*.py',
    'doc/a\\ b.txt\na\\[1\\].py',
    'src/*\n!src/build',
    '**/deep/**\n[m]ain.?y',
  ];
  beforeAll(() => {
    execFileSync('git', ['init', '-q', folder]);
    for (const path of paths) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), '');
    }
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(patterns)('%j', (lines) => {
    writeFileSync(join(folder, '.git/info/exclude'), lines);
    const listed = execFileSync(
      'git',
      ['-C', folder, 'ls-files', '-z', '--others', '--exclude-standard'],
      {
        encoding: 'utf8',
        env: { ...process.env, GIT_CONFIG_GLOBAL: '', GIT_CONFIG_NOSYSTEM: '1' },
      },
    );
    const rules = IgnoreRules.parse(lines);
    const ours = paths.filter((path) => !rules.ignores(path, false)).sort();
    expect(ours).toEqual(listed.split('\0').filter(Boolean).sort());
  });
});
