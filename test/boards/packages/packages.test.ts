import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { text } from '../../../src/core/bytes';
import { readLock } from '../../../src/core/packages/lockFile';
import { CompileError } from '../../../src/core/packages/mpyCross';
import { ensure, startUboard } from '../../lab/index.mjs';
import { startRig, type Rig } from '../rig/filesRig';
import { packageBoard, publish, startPackages, TREES, type Trees } from '../rig/packageLab';

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** An index, a manager that uses it, and a board. */
async function start(trees: Trees = TREES, board: Parameters<typeof startRig>[0] = {}) {
  const { index, manager, stop } = await startPackages(trees);
  ends.push(stop);
  const rig = await startRig(board);
  ends.push(() => rig.stop());
  return { index, rig, manager, target: await packageBoard(rig.transport, rig.files) };
}

const run = async (rig: Rig, code: string) =>
  text(await rig.transport.withSession((s) => s.exec(code))).trim();

const tree = async (rig: Rig) =>
  (await rig.files.walk('/', { hash: true }))
    .filter((e) => e.type === 'file')
    .map((e) => `${e.path} ${e.sha256 ?? ''}`)
    .sort();

const inHex = (files: Record<string, Uint8Array>) =>
  Object.entries(files)
    .map(([path, content]) => `${path} ${Buffer.from(content).toString('hex')}`)
    .sort();

/** Debian's mpremote installs packages. */
async function mpremote(tty: string, index: string, args: readonly string[]): Promise<void> {
  const { program = '' } = await ensure('mpremote');
  await promisify(execFile)(program, [
    ...['connect', tty, 'mip', 'install', '--index', index, ...args],
  ]);
}

/** The files that it leaves on a board of its own. */
async function placedByMpremote(index: string, args: readonly string[]): Promise<string[]> {
  const board = await startUboard({});
  ends.push(() => board.stop());
  await mpremote(board.tty, index, args);
  return inHex(await board.files());
}

describe('installing packages', () => {
  it('installs prebuilt files with their dependencies, which the board can import', async () => {
    const { rig, manager, target } = await start();
    const placed = await manager.install(target, ['shapes']);
    expect(placed.map((p) => [p.name, p.version, p.wanted])).toEqual([
      ['units', '0.2.0', false],
      ['shapes', '1.1.0', true],
    ]);
    expect(await run(rig, 'import shapes\nprint(shapes.area(2), shapes.UNIT)')).toMatch(
      /^12\.566\d* m²$/,
    );
    expect(await manager.list(target)).toMatchObject([{ state: 'intact' }, { state: 'intact' }]);
  });

  it.each<[string, (url: string) => string, string[], number]>([
    ['a package of the index', () => 'shapes', [], 4],
    ['its source', () => 'units', ['--no-mpy'], 1],
    ['another folder', () => 'shapes', ['--target', '/apps/lib'], 4],
    ['a package.json by its address', (url) => `${url}/far/package.json`, [], 3],
    ['one file by its address', (url) => `${url}/far/one.py`, [], 1],
  ])('leaves on the board what "mpremote mip install" leaves, byte by byte: %s', async (...row) => {
    const [, spec, args, count] = row;
    const { rig, manager, target, index } = await start();
    index.routes.set(
      '/far/package.json',
      JSON.stringify({
        version: '3',
        urls: [
          ['far/__init__.py', `${index.url}/far/one.py`],
          ['far/data.bin', `${index.url}/far/data.bin`],
        ],
        deps: [['units', 'latest']],
      }),
    );
    index.routes.set('/far/one.py', 'ONE = 1\r\n');
    index.routes.set(
      '/far/data.bin',
      Uint8Array.from({ length: 5000 }, (_, i) => (i * 7) & 0xff),
    );
    const bare = args.includes('--no-mpy') ? { ...target, mpy: undefined } : target;
    const folder = args.includes('--target') ? { target: args[1] } : {};
    await manager.install(bare, [spec(index.url)], folder);

    const mine = inHex(await rig.board.files());
    expect(mine).toEqual(await placedByMpremote(index.url, [...args, spec(index.url)]));
    expect(mine).toHaveLength(count);
  });

  it("installs packages of MicroPython's own library, and its mip then works on the board", async () => {
    const { trees = '' } = await ensure('packages');
    const library = JSON.parse(readFileSync(trees, 'utf8')) as Trees;
    const { rig, manager, target, index } = await start({ ...library, ...TREES });
    await manager.install(target, ['mip']);
    const mine = await rig.board.files();
    expect(Object.keys(mine).sort()).toEqual([
      '/lib/mip/__init__.mpy',
      '/lib/requests/__init__.mpy',
    ]);
    expect(inHex(mine)).toEqual(await placedByMpremote(index.url, ['mip']));
    const code = `import mip\nmip.install("shapes", index=${JSON.stringify(index.url)})\nimport shapes\nprint(shapes.UNIT)`;
    expect(await run(rig, code)).toMatch(/\nm²$/);
    // The board's own download equals what this computer would have placed.
    await manager.install(target, ['shapes']);
    expect(await manager.list(target)).toMatchObject(
      Array.from({ length: 4 }, () => ({ state: 'intact' })),
    );
  });

  it('compiles source for the board', async () => {
    const { rig, manager, target } = await start({
      plain: { files: { 'plain.py': 'def f():\n    return 6 * 7\n' } },
    });
    await manager.install({ ...target, mpy: undefined }, ['plain']);
    expect(await tree(rig)).toEqual([expect.stringContaining('/lib/plain.py ')]);
    await manager.install(target, ['plain'], { compile: true });
    expect(await tree(rig)).toEqual([expect.stringContaining('/lib/plain.mpy ')]);
    expect(await run(rig, 'import plain\nprint(plain.f())')).toBe('42');
  });

  it('brings another board to the state of the lock file', async () => {
    const { rig, manager, target, index } = await start();
    const lock = readLock(await manager.lock(['shapes'], [target]));
    await manager.installLock(target, lock);
    expect(await run(rig, 'import shapes\nprint(shapes.UNIT)')).toBe('m²');
    // The index changes afterwards, and the lock detects it.
    const path = '/package/6/units/0.2.0.json';
    index.routes.set(path, String(index.routes.get('/package/py/units/0.2.0.json')));
    await expect(manager.installLock(target, lock)).rejects.toThrow(/does not match mpy.lock/);
  });

  it('updates, lists outdated packages, and removes unused ones', async () => {
    const { rig, manager, target, index } = await start();
    await manager.install(target, ['shapes']);
    expect(await manager.outdated(target)).toEqual([]);
    await publish(index, { shapes: { version: '2.0.0', files: { 'shapes.py': 'area = 5\n' } } });
    expect(await manager.outdated(target)).toMatchObject([{ latest: '2.0.0' }]);
    await manager.update(target, undefined);
    expect(await run(rig, 'import shapes\nprint(shapes.area)')).toBe('5');
    expect(await tree(rig)).toEqual([expect.stringContaining('/lib/shapes.py ')]);
    const { removed } = await manager.remove(target, ['shapes']);
    expect(removed.map((p) => p.name)).toEqual(['shapes']);
    expect(await tree(rig)).toEqual([]);
  });
});

it('finds changes at the source without a new version, and no older version', async () => {
  const { rig, manager, target, index } = await start();
  index.routes.set('/one.py', 'ONE = 1\n');
  await manager.install(target, [`${index.url}/one.py`, 'shapes'], { compile: true });
  expect(await manager.outdated(target)).toEqual([]);
  await manager.install(target, [`${index.url}/one.py`]);
  expect(await manager.outdated(target)).toEqual([]);
  index.routes.set('/one.py', 'ONE = 2\n');
  const older = String(index.routes.get('/package/6/shapes/latest.json'));
  index.routes.set('/package/6/shapes/latest.json', older.replace('1.1.0', '1.0.9'));
  expect(await manager.outdated(target)).toMatchObject([{ latest: 'HEAD' }]);
  await manager.update(target, [`${index.url}/one.py`]);
  expect(await run(rig, 'import one\nprint(one.ONE)')).toBe('2');
});

it('adopts packages that mpremote installed, in their version', async () => {
  const { rig, manager, target, index } = await start({
    ...TREES,
    extra: { files: { 'x.py': '' } },
  });
  await rig.transport.close();
  await mpremote(rig.cable.tty, index.url, ['shapes']);
  await rig.reconnect();
  await rig.files.write('/lib/extra.py', new TextEncoder().encode('mine = 1\n'));
  expect(await manager.list(target)).toEqual([]);
  // The index has changed since.
  await publish(index, { units: { version: '0.3.0', files: { 'units.py': 'UNIT = "new"\n' } } });
  const adopted = await manager.adopt(target);
  expect(adopted.map((p) => [p.name, p.version, p.wanted]).sort()).toEqual([
    ['shapes', '1.1.0', true],
    ['units', '0.2.0', false],
  ]);
  expect(await manager.list(target)).toMatchObject([{ state: 'intact' }, { state: 'intact' }]);
  expect(await manager.adopt(target)).toEqual([]);
  await manager.remove(target, ['shapes']);
  expect(await tree(rig)).toEqual([expect.stringContaining('/lib/extra.py ')]);
});

describe('a failure leaves the board unchanged', () => {
  it('a missing file, a wrong hash, a path that leads out, a wrong .mpy version, bad source', async () => {
    const { rig, manager, target, index } = await start();
    await manager.install(target, ['units']);
    const before = await tree(rig);
    const [[file] = ['']] = [...index.routes].filter(([path]) => path.startsWith('/file/'));
    index.routes.set('/file/11/11111111', 'tampered with');
    const shapes = JSON.parse(String(index.routes.get('/package/6/shapes/latest.json'))) as {
      hashes: [string, string][];
    };
    const other = shapes.hashes[0]?.[1] ?? '';
    const manifest = (hashes: unknown) => JSON.stringify({ version: '9', hashes });
    const cases: [string, string, RegExp][] = [
      ['gone', manifest([['ok.py', '00000000']]), /was not found/],
      ['evil', manifest([['../boot.py', file.slice(-8)]]), /leads outside the target folder/],
      ['damaged', manifest([['ok.py', '11111111']]), /does not match the index/],
      ['clash', manifest([['units.mpy', other]]), /units and clash both contain units\.mpy/],
      ['broken', '{"hashes":', /not a package.json/],
    ];
    for (const [name, body, words] of cases) {
      index.routes.set(`/package/6/${name}/latest.json`, body);
      await expect(manager.install(target, [name]), name).rejects.toThrow(words);
    }
    index.routes.set('/other.mpy', Uint8Array.of(0x4d, 5, 0, 0));
    await expect(manager.install(target, [`${index.url}/other.mpy`])).rejects.toThrow(
      /compiled for .mpy version 5, but the board loads version 6/,
    );
    index.routes.set('/bad.py', 'def f(:\n  pass\n');
    const failure = await manager
      .install(target, [`${index.url}/bad.py`], { compile: true })
      .catch((e: unknown) => e);
    expect(failure).toBeInstanceOf(CompileError);
    expect(failure).toMatchObject({
      line: 1,
      detail: expect.stringContaining('SyntaxError') as string,
    });
    expect(await tree(rig)).toEqual(before);
  });

  it('no room', async () => {
    const { rig, manager, target, index } = await start(TREES, { sizeKib: 128 });
    const before = await tree(rig);
    index.routes.set('/big.py', `#${'x'.repeat(300_000)}\n`);
    await expect(manager.install(target, [`${index.url}/big.py`])).rejects.toMatchObject({
      errno: 'ENOSPC',
    });
    expect(await tree(rig)).toEqual(before);
  });
});
