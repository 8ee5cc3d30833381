import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compileForBoard, compileTree } from '../../../../src/core/packages';
import type { TargetBoard } from '../../../../src/core/packages/model';
import { parseSpec, specRules, specTree } from '../../../../src/core/sync/mqsyncSpec';
import { nodeLocalFs } from '../../../../src/core/sync/nodeLocalFs';
import { plan } from '../../../../src/core/sync/planner';
import { tempDir } from '../../../lab/paths.mjs';

const top = tempDir('mqsync');
beforeAll(() => {
  const files = [
    'blink/sync',
    'blink/libs/a.py',
    'blink/libs/b.py',
    'blink/libs/c.txt',
    'blink/libs/deep/d.py',
    'blink/main_tmpl.py',
    'board/boot.py',
    'async/client.py',
  ];
  for (const file of files) {
    mkdirSync(dirname(join(top, file)), { recursive: true });
    writeFileSync(join(top, file), file);
  }
});
afterAll(() => rmSync(top, { recursive: true, force: true }));

const spec = `#! /usr/bin/env mqsync
/lib:
  ./libs: *.py deep/d.py   # a comment
  ../async/client.py
/:
  main_tmpl.py->main.py
/: --check-only
  ../board/boot.py
/once: --no-update
  libs: c.txt
`;

describe('an mqsync specification', () => {
  it('names files and places: folders, globs, renames', async () => {
    const tree = await specTree(parseSpec(spec), nodeLocalFs, join(top, 'blink'));
    expect(tree.problems).toEqual([]);
    expect(tree.files.map((f) => `${f.board} < ${f.local.slice(top.length + 1)}`).sort()).toEqual([
      '/boot.py < board/boot.py',
      '/lib/a.py < blink/libs/a.py',
      '/lib/b.py < blink/libs/b.py',
      '/lib/client.py < async/client.py',
      '/lib/d.py < blink/libs/deep/d.py',
      '/main.py < blink/main_tmpl.py',
      '/once/c.txt < blink/libs/c.txt',
    ]);
  });

  it('never deletes, does not write with --check-only, and adds but never updates', async () => {
    const tree = await specTree(parseSpec(spec), nodeLocalFs, join(top, 'blink'));
    const file = (path: string) => ({ path, type: 'file' as const, size: 1 });
    const remote = [file('/boot.py'), file('/once/c.txt'), file('/extra.py')];
    const made = plan(tree, remote, 'mirror', specRules(tree));
    expect(made.actions.map((a) => `${a.kind} ${a.path}`)).toEqual([
      'add /lib/a.py',
      'add /lib/b.py',
      'add /lib/client.py',
      'add /lib/d.py',
      'add /main.py',
    ]);
    expect(made.problems.map((p) => `${p.severity} ${p.path}`)).toEqual([
      'warning /boot.py',
      'warning /once/c.txt',
    ]);
    const fresh = plan(tree, [], 'push', specRules(tree));
    expect(fresh.actions.map((a) => a.path)).toContain('/once/c.txt');
    expect(fresh.actions.map((a) => a.path)).not.toContain('/boot.py');
  });

  it.each([
    ['  a.py', 'line 1', 'needs a target folder'],
    ['/lib\n  a.py', 'line 1', 'followed by a colon'],
    ['/:\n  *.py->x.py', 'line 2', 'cannot all be renamed'],
    ['/../x:\n  a.py', 'line 1', 'leads out'],
    ['/lib:\n  z.txt->z.mpy', 'line 2', 'is not Python and cannot be compiled'],
    ['/lib: --mpi\n  a.py', 'line 1', '"--mpi" is not an option'],
    ['/lib:\n  a.py->q/../w.py', 'line 2', 'leads outside /lib'],
    ['\uFEFF  a.py', 'line 1', 'needs a target folder'],
  ])('%j: a mistake in %s', (text, path, words) => {
    const [problem] = parseSpec(text).problems;
    expect(problem?.path).toBe(path);
    expect(problem?.message).toContain(words);
  });

  it('marks files to compile, and compares and compiles them for each board', async () => {
    const text = 'mpy-cross: /tmp/evil\n/lib: --mpy\n  libs: a.py c.txt\n/:\n  libs/b.py->b.mpy';
    const spec = parseSpec(text);
    expect(spec.problems).toEqual([]);
    const tree = await specTree(spec, nodeLocalFs, join(top, 'blink'));
    const marked = tree.files.filter((f) => f.compile).map((f) => f.board);
    expect(marked).toEqual(['/lib/a.py', '/lib/c.txt', '/b.py']);
    const mpy = { version: 6, subVersion: 3, arch: 'xtensawin' };
    const source = new TextEncoder().encode('x = 1\n');
    const made = (board: TargetBoard) =>
      compileTree(tree, [], (file) =>
        compileForBoard(file.board, source, board, () =>
          Promise.resolve({ status: 0, mpy: new Uint8Array([77]), out: [], err: [] }),
        ),
      );
    const compiled = await made({ mpy });
    expect(compiled.problems).toEqual([]);
    expect(compiled.files.map((f) => f.board)).toEqual(['/lib/a.mpy', '/lib/c.txt', '/b.mpy']);
    // The board has all: nothing is sent again, and a pull leaves the source alone.
    const remote = compiled.files.map(({ board: path, size, sha256 }) => {
      return { path, type: 'file' as const, size, sha256 };
    });
    const rules = specRules(tree);
    expect(plan(compiled, remote, 'push', rules).actions).toEqual([]);
    expect(plan(tree, remote, 'pull', rules).actions).toEqual([]);
    const old = await made({});
    expect(old.files.map((f) => f.board)).toEqual(['/lib/a.py', '/lib/c.txt', '/b.py']);
    expect(old.problems.map((p) => `${p.severity} ${p.path}`)).toEqual([
      'warning /lib/a.py',
      'warning /b.py',
    ]);
  });

  it('finds sources relative to the workspace folder as well', async () => {
    const spec = parseSpec('/:\n  blink/libs/a.py\n  a.py');
    const tree = await specTree(spec, nodeLocalFs, join(top, 'blink/libs'), undefined, [top]);
    expect(tree.problems).toEqual([]);
    expect(tree.files.map((f) => f.board)).toEqual(['/a.py']);
  });

  it('names a missing source', async () => {
    const tree = await specTree(parseSpec('/:\n  no.py'), nodeLocalFs, top);
    expect(tree.problems).toMatchObject([{ path: 'line 2', message: '"no.py" does not exist' }]);
  });
});
