import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CancelledError } from '../../../../src/core/errors';
import { ignoresFor, resolveMappings, scanFolder } from '../../../../src/core/sync/folderScan';
import { BUILT_IN_IGNORES, IgnoreRules } from '../../../../src/core/sync/ignoreRules';
import { forBoard, parseMapping, WHOLE_FOLDER } from '../../../../src/core/sync/mapping';
import { nodeLocalFs } from '../../../../src/core/sync/nodeLocalFs';
import { tempDir } from '../../../lab/paths.mjs';

let folder: string;
beforeEach(() => {
  folder = tempDir('scan');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function put(files: Record<string, string>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
}

async function scan(settings: string[], ignore = '', signal?: AbortSignal) {
  const wanted = settings.length > 0 ? settings.map((s) => parseMapping(s)) : WHOLE_FOLDER;
  const mappings = await resolveMappings(nodeLocalFs, folder, wanted);
  const ignores = IgnoreRules.parse([...BUILT_IN_IGNORES, ...ignore.split('\n')]);
  return scanFolder(nodeLocalFs, folder, { mappings, ignores }, signal);
}

const places = async (...args: Parameters<typeof scan>) =>
  (await scan(...args)).tree.files.map((f) => f.board).sort();

describe('the scan of a folder for a board', () => {
  it("finds the folder's files, without those of tools", async () => {
    put({ 'main.py': '', 'lib/a.py': '', '.git/config': '', 'lib/__pycache__/a.pyc': '' });
    const { tree } = await scan([]);
    expect(tree.files.map((f) => f.board).sort()).toEqual(['/lib/a.py', '/main.py']);
    expect(tree.dirs).toEqual(['/lib']);
    expect(tree.problems).toEqual([]);
  });

  it('does not report a folder that a pull will create, unlike a missing part of it', async () => {
    rmSync(folder, { recursive: true });
    expect((await scan([])).tree.problems).toEqual([]);
    expect((await scan(['src -> /'])).tree.problems).toMatchObject([{ path: 'src' }]);
  });

  it('follows rule files at every level, also above a mapped folder', async () => {
    put({
      '.mpyignore': '*.log\n/app/secret.py\n',
      'app/.mpyignore': '!keep.log\n/only-here.py\n',
      'app/secret.py': '',
      'app/a.log': '',
      'app/keep.log': '',
      'app/only-here.py': '',
      'app/sub/only-here.py': '',
    });
    expect(await places(['app -> /'])).toEqual(['/keep.log', '/sub/only-here.py']);
    expect(await places(['app -> /'], '!*.py')).toEqual(['/keep.log', '/sub/only-here.py']);
    const rules = await ignoresFor(nodeLocalFs, folder, IgnoreRules.none, 'app/sub/only-here.py');
    expect(rules.ignores('app/only-here.py', false)).toBe(true);
  });

  it('leaves out what no board needs: stubs, environments, caches, secrets of the shell', async () => {
    const needless = [
      'typings/machine/__init__.pyi',
      'lib/x.pyi',
      'venv/lib/p.py',
      'my-python/pyvenv.cfg',
      'my-python/lib/q.py',
      '.idea/a.xml',
      '.mypy_cache/m.json',
      '.ruff_cache/r',
      '.pytest_cache/v',
      '._main.py',
      '.env',
    ];
    put(
      Object.fromEntries(['main.py', 'lib/x.py', 'env/pins.py', ...needless].map((p) => [p, ''])),
    );
    const { tree } = await scan([]);
    expect(tree.files.map((f) => f.board).sort()).toEqual([
      '/env/pins.py',
      '/lib/x.py',
      '/main.py',
    ]);
    expect([...tree.dirs].sort()).toEqual(['/env', '/lib']);
    expect(await places([], '!typings')).toContain('/main.py');
  });

  it('warns of a program that begins with a byte order mark, and keeps its bytes', async () => {
    put({ 'main.py': '\uFEFFprint(1)\n', 'notes.txt': '\uFEFFx' });
    const { tree } = await scan([]);
    expect(tree.files.find((f) => f.board === '/main.py')?.size).toBe(12);
    expect(tree.problems.map((p) => [p.severity, p.path])).toEqual([['warning', 'main.py']]);
  });

  it('takes single files, several places and folders inside each other', async () => {
    put({ 'src/main.py': '', 'src/lib/x.py': '', 'boards/kitchen.py': '' });
    const settings = ['src -> /', 'src/lib -> /lib2', 'boards/kitchen.py -> /config.py'];
    expect(await places(settings)).toEqual(['/config.py', '/lib/x.py', '/lib2/x.py', '/main.py']);
    expect(await places(['boards/kitchen.py -> /'])).toEqual(['/kitchen.py']);
  });

  it('uses the later mapping if two files have one target, and reports it', async () => {
    put({ 'a/x.py': 'a', 'b/x.py': 'bb' });
    const { tree } = await scan(['a -> /', 'b -> /']);
    expect(tree.files).toMatchObject([{ board: '/x.py', local: `${folder}/b/x.py`, size: 2 }]);
    expect(tree.problems.map((p) => p.severity)).toEqual(['warning']);
  });

  it("uses the file of a board's own folder without a warning", async () => {
    put({ 'a/x.py': 'a', 'a/y.py': 'y', 'boards/hall/x.py': 'own' });
    const own = forBoard(parseMapping('boards/{name} -> /'), 'hall');
    const mappings = [parseMapping('a -> /'), ...(own ? [own] : [])];
    const ignores = IgnoreRules.none;
    const { tree } = await scanFolder(nodeLocalFs, folder, { mappings, ignores });
    expect(tree.problems).toEqual([]);
    expect(tree.files.map((f) => [f.board, f.local.slice(folder.length)])).toEqual([
      ['/x.py', '/boards/hall/x.py'],
      ['/y.py', '/a/y.py'],
    ]);
  });

  it('says when a mapped folder does not exist', async () => {
    const { tree, mappings } = await scan(['srcc -> /']);
    expect(mappings[0]?.missing).toBe(true);
    expect(tree.problems[0]?.message).toContain('names "srcc", which does not exist');
  });

  it('follows links to files, without endless loops or failures on dead links', async () => {
    put({ 'real.py': 'r', 'd/a.py': '' });
    symlinkSync(join(folder, 'real.py'), join(folder, 'linked.py'));
    symlinkSync(folder, join(folder, 'd/loop'));
    symlinkSync('/nowhere/at/all', join(folder, 'dead.py'));
    const { tree } = await scan([]);
    expect(tree.files.map((f) => f.board).sort()).toEqual(['/d/a.py', '/linked.py', '/real.py']);
    expect(tree.problems.map((p) => p.path).sort()).toEqual(['d/loop', 'dead.py']);
  });

  it('can be cancelled', async () => {
    put({ 'a.py': '' });
    const abort = new AbortController();
    abort.abort();
    await expect(scan([], '', abort.signal)).rejects.toBeInstanceOf(CancelledError);
  });
});
