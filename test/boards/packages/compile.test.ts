import { afterEach, expect, it } from 'vitest';
import { text, utf8 } from '../../../src/core/bytes';
import {
  compileForBoard,
  compileTree,
  removeSources,
} from '../../../src/core/packages/compileForBoard';
import { CompileError } from '../../../src/core/packages/mpyCross';
import { prepareFolder } from '../../../src/core/sync/folderSync';
import { nodeLocalFs } from '../../../src/core/sync/nodeLocalFs';
import { plan } from '../../../src/core/sync/planner';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tempDir } from '../../lab/paths.mjs';
import { startRig } from '../rig/filesRig';
import { packageBoard, startMpyCross } from '../rig/packageLab';

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function start() {
  const mpyCross = await startMpyCross();
  ends.push(() => mpyCross.dispose());
  const rig = await startRig();
  ends.push(() => rig.stop());
  const board = await packageBoard(rig.transport, rig.files);
  const run = async (code: string) =>
    text(await rig.transport.withSession((s) => s.exec(code))).trim();
  const compile = (path: string, content: string) =>
    compileForBoard(path, utf8(content), board, mpyCross.compile);
  return { rig, board, run, compile, mpyCross };
}

it('source is sent as .mpy, start files unchanged', async () => {
  const { rig, run, compile } = await start();
  const made = await compile(
    '/lib/calc.py',
    'def f(x):\n    return 6 * x\n\ndef g():\n    1 / 0\n',
  );
  expect(made.path).toBe('/lib/calc.mpy');
  for (const path of ['/main.py', '/boot.py', '/lib/main.py', '/data.txt']) {
    expect(await compile(path, 'x = 1\n')).toEqual({ path, content: utf8('x = 1\n') });
  }
  // An earlier upload as source would be imported instead.
  await rig.files.write('/lib/calc.py', utf8('def f(x):\n    return "old"\n'));
  await rig.files.write(made.path, made.content);
  await removeSources(rig.files, ['/lib/calc.py', '/lib/never.py']);
  expect(await run('import calc\nprint(calc.f(7))')).toBe('42');
  // Tracebacks show the source and its line.
  await expect(run('import calc\ncalc.g()')).rejects.toThrow(/ZeroDivisionError/);
  const failure = await run('import calc\ncalc.g()').catch((e: unknown) => e);
  expect(failure).toMatchObject({
    traceback: expect.stringMatching(/File "lib\/calc\.py", line 5, in g/) as string,
  });
});

it('source that is newer than the compiler stays source, and runs', async () => {
  const { rig, run, compile, mpyCross } = await start();
  const newer = {
    conversion: 'def f(t):\n    return f"got {t!r}"\n',
    method: 'def f(t):\n    return "{}".format(f"got {t!s}")\n',
  };
  for (const [name, source] of Object.entries(newer)) {
    const made = await compile(`/lib/${name}.py`, source);
    expect(made).toEqual({ path: `/lib/${name}.py`, content: utf8(source) });
    await rig.files.write(made.path, made.content);
    expect(await run(`import ${name}\nprint(${name}.f(7))`)).toBe('got 7');
  }
  // Adjacent strings, syntax that MicroPython accepts from 1.27 on, more than fits into the
  // compiler's heap, and an unknown assembler.
  for (const source of [
    'def f(t):\n    return f"got {t}" f"or {t}"\n',
    'def f(t):\n    return f"got {f\'{t}\'}"\n',
    `x = "${'a'.repeat(900_000)}"\n`,
    'import micropython\n@micropython.asm_rv32\ndef f():\n    pass\n',
  ]) {
    expect(await compile('/lib/a.py', source)).toMatchObject({ path: '/lib/a.py' });
  }
  await expect(compile('/lib/a.py', 'x = = 1\n')).rejects.toThrow(CompileError);
  await mpyCross.dispose();
});

it('an error is reported with its file and line', async () => {
  const { compile } = await start();
  const failure = await compile('/app/bad.py', 'x = 1\n\n\ny = = 2\n').catch((e: unknown) => e);
  expect(failure).toBeInstanceOf(CompileError);
  expect(failure).toMatchObject({
    file: 'app/bad.py',
    line: 4,
    detail: 'SyntaxError: invalid syntax',
  });
});

it('boards that load another .mpy version get the source', async () => {
  const { mpyCross } = await start();
  const old = { mpy: { version: 5, subVersion: 0, arch: '' } };
  const content = utf8('x = 1\n');
  for (const board of [old, {}]) {
    expect(await compileForBoard('/a.py', content, board, mpyCross.compile)).toEqual({
      path: '/a.py',
      content,
    });
  }
});

it('source with machine code decorators stays source, which the board compiles itself', async () => {
  const { rig, run, compile } = await start();
  for (const kind of ['native', 'viper', 'asm_thumb']) {
    const path = `/lib/${kind}_code.py`;
    const source = `import micropython\n@micropython.${kind}\ndef same(r0):\n    return r0\n`;
    expect(await compile(path, source)).toEqual({ path, content: utf8(source) });
    await rig.files.write(path, utf8(source));
  }
  expect(await run('from native_code import same\nprint(same(42))')).toBe('42');
});

it('a sync compares and writes the compiled form', async () => {
  const { rig, board, mpyCross } = await start();
  const folder = tempDir('compiled');
  mkdirSync(join(folder, 'lib'));
  writeFileSync(join(folder, 'main.py'), 'import mod\n');
  writeFileSync(join(folder, 'lib', 'mod.py'), 'X = 5\n');
  const planned = async () => {
    const { local, remote, rules } = await prepareFolder({
      ...{ files: rig.files, localFs: nodeLocalFs, folder, mappings: [], ignore: [], protect: [] },
      transform: (tree, there) =>
        compileTree(tree, there, async (file) =>
          compileForBoard(file.board, await nodeLocalFs.read(file.local), board, mpyCross.compile),
        ),
    });
    return plan(local, remote, 'push', rules);
  };
  const first = await planned();
  expect(first.actions.map((a) => [a.kind, a.path])).toEqual([
    ['add', '/lib/mod.mpy'],
    ['add', '/main.py'],
  ]);
  for (const { path, content, local = '' } of first.actions) {
    await rig.files.write(path, content ?? (await nodeLocalFs.read(local)));
  }
  expect((await planned()).actions).toEqual([]);
  await rig.files.write('/lib/mod.py', utf8('X = 4\n'));
  expect((await planned()).problems).toMatchObject([{ path: '/lib/mod.py', severity: 'warning' }]);
});
