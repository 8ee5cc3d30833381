import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { text, utf8 } from '../../../src/core/bytes';
import { CancelledError, FleetError } from '../../../src/core/errors';
import { OwnFilesError } from '../../../src/core/packages/change';
import { sha256 } from '../../../src/core/hash';
import { LeftBehindError } from '../../../src/core/packages/place';
import { startRig, type Rig } from '../rig/filesRig';
import { packageBoard, publish, startPackages, TREES, type Trees } from '../rig/packageLab';

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function start(trees: Trees = TREES, board: Parameters<typeof startRig>[0] = {}) {
  const { index, manager, stop } = await startPackages(trees);
  ends.push(stop);
  const rig = await startRig(board);
  ends.push(() => rig.stop());
  return { index, rig, manager, target: await packageBoard(rig.transport, rig.files) };
}

/** Everything on the board, including folders. */
const tree = async (rig: Rig) =>
  (await rig.files.walk('/', { hash: true })).map((e) => `${e.path} ${e.sha256 ?? e.type}`).sort();

describe("the user's own files", () => {
  it('are not overwritten by an install, unless that is allowed', async () => {
    const { rig, manager, target } = await start();
    await rig.files.write('/lib/units.mpy', utf8('mine'));
    const before = await tree(rig);
    const failure = await manager.install(target, ['shapes']).catch((e: unknown) => e);
    expect(failure).toBeInstanceOf(OwnFilesError);
    expect(failure).toMatchObject({ paths: ['/lib/units.mpy'] });
    expect(await tree(rig)).toEqual(before);
    expect(await manager.list(target)).toEqual([]);
    await manager.install(target, ['shapes'], { replace: true });
    expect(await manager.list(target)).toMatchObject([{ state: 'intact' }, { state: 'intact' }]);
  });

  it('next to a .mpy file, which the board would import instead, need permission too', async () => {
    const { rig, manager, target } = await start();
    await rig.files.write('/lib/units.py', utf8('UNIT = "mine"\n'));
    await expect(manager.install(target, ['units'])).rejects.toThrow(/units\.py is on the board/);
    await manager.install(target, ['units'], { replace: true });
    const out = await rig.transport.withSession((s) => s.exec('import units\nprint(units.UNIT)'));
    expect(text(out).trim()).toBe('m²');
  });

  it('stay when a package is updated or removed, unless that is allowed', async () => {
    const { rig, manager, target, index } = await start();
    await manager.install(target, ['shapes']);
    await rig.files.write('/lib/shapes/data/table.txt', utf8('my measurements'));
    await rig.files.write('/lib/shapes/notes.txt', utf8('not from here'));
    const before = await tree(rig);
    await publish(index, { shapes: { version: '2.0.0', files: { 'shapes.py': 'area = 5\n' } } });
    await expect(manager.update(target, undefined)).rejects.toThrow(/table\.txt is on the board/);
    await expect(manager.remove(target, ['shapes'])).rejects.toThrow(/table\.txt is on the board/);
    expect(await tree(rig)).toEqual(before);
    await manager.remove(target, ['shapes'], { replace: true });
    // Files that were never part of the package must not be removed.
    expect(await tree(rig)).toEqual([
      '/lib dir',
      '/lib/shapes dir',
      `/lib/shapes/notes.txt ${sha256(utf8('not from here'))}`,
    ]);
  });

  it('that are identical to the new ones need no question', async () => {
    const { rig, manager, target } = await start({ a: { files: { 'a.txt': 'same' } } });
    await rig.files.write('/lib/a.txt', utf8('same'));
    await manager.install(target, ['a']);
    expect(await manager.list(target)).toMatchObject([{ state: 'intact' }]);
  });
});

/** Incompressible files, which a slow cable has to carry: `n` of them, 6 kB each. */
const bulky = (n: number, seed = 7) => {
  let state = seed;
  const noise = () => {
    state = (state * 48_271) % 2_147_483_647;
    return state & 0xff;
  };
  return Object.fromEntries(
    Array.from({ length: n }, (_, i) => [
      `bulk/${i}.bin`,
      Uint8Array.from({ length: 6000 }, noise),
    ]),
  );
};

describe('an installation that ends in the middle', () => {
  const SLOW = { baud: 115_200 };
  const trees = { bulk: { files: bulky(8) }, other: { files: { 'other.txt': '1' } } };

  /** Aborts, or does something else, after a third was transferred. */
  const atAThird = (act: () => void) => {
    let isDone = false;
    return (done: number, total: number) => {
      if (isDone || done * 3 < total) return;
      isDone = true;
      act();
    };
  };

  it('by cancelling leaves the board unchanged, including folders', async () => {
    const { rig, manager, target } = await start(trees, SLOW);
    await manager.install(target, ['other']);
    const before = await tree(rig);
    const abort = new AbortController();
    const failure = await manager
      .install(target, ['bulk'], {
        ...{ signal: abort.signal, onProgress: atAThird(() => abort.abort()) },
      })
      .catch((e: unknown) => e);
    expect(failure).toBeInstanceOf(CancelledError);
    expect(await tree(rig)).toEqual(before);
    expect((await manager.list(target)).map((p) => p.name)).toEqual(['other']);
  });

  it('restores an older version', async () => {
    const { rig, manager, target, index } = await start(trees, SLOW);
    await manager.install(target, ['bulk']);
    const before = await tree(rig);
    await publish(index, { bulk: { version: '2.0.0', files: bulky(10, 99) } });
    const abort = new AbortController();
    const work = manager.update(target, undefined, {
      ...{ signal: abort.signal, onProgress: atAThird(() => abort.abort()) },
    });
    await expect(work).rejects.toBeInstanceOf(CancelledError);
    expect(await tree(rig)).toEqual(before);
    expect(await manager.list(target)).toMatchObject([{ version: '1.0.0', state: 'intact' }]);
  });

  it('by a pulled cable is reported, listed, and completed or removed afterwards', async () => {
    const { rig, manager, target } = await start(trees, SLOW);
    const failure = await manager
      .install(target, ['bulk'], { onProgress: atAThird(() => void rig.cable.unplug()) })
      .catch((e: unknown) => e);
    expect(failure).toBeInstanceOf(LeftBehindError);
    expect(failure).toMatchObject({ hint: expect.stringMatching(/install again/) as string });
    await rig.reconnect();
    expect(await manager.list(target)).toMatchObject([{ name: 'bulk', state: 'missing' }]);
    await manager.install(target, ['bulk']);
    expect(await manager.list(target)).toMatchObject([{ name: 'bulk', state: 'intact' }]);
    await manager.remove(target, ['bulk']);
    expect(await tree(rig)).toEqual(['/lib dir']);
  });
});

it('without the index, another board gets cached packages; missing ones are reported', async () => {
  const { rig, manager, target, index } = await start();
  await manager.install(target, ['shapes']);
  const first = await tree(rig);
  const other = await startRig();
  ends.push(() => other.stop());
  await index.stop();
  const far = { ...(await packageBoard(other.transport, other.files)), key: 'other' };
  await manager.install(far, ['shapes']);
  expect(await tree(other)).toEqual(first);
  const failure = await manager.install(far, ['never']).catch((e: unknown) => e);
  expect(failure).toBeInstanceOf(FleetError);
  expect(failure).toMatchObject({
    message: expect.stringMatching(/^127\.0\.0\.1:\d+ cannot be reached$/) as string,
    hint: expect.stringMatching(/Check the network/) as string,
  });
  expect(await tree(other)).toEqual(first);
});

/** A .tar.gz that contains one file with any name. */
function tarGz(name: string): Uint8Array {
  const head = Buffer.alloc(512);
  head.write(name);
  head.write('0000644\0', 100);
  head.write('00000000000\0', 124);
  head.write('        0', 148);
  const sum = head.reduce((all, byte) => all + byte, 0);
  head.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return gzipSync(Buffer.concat([head, Buffer.alloc(1024)]));
}

it('every bad answer of an index gives one sentence, and the board stays unchanged', async () => {
  const { rig, manager, target, index } = await start({
    ...TREES,
    a: { files: { 'a.py': '' }, deps: [['units', '0.2.0']] },
    b: { files: { 'b.py': '' }, deps: [['units', '9.9.9']] },
    loop: { files: { 'loop.py': '' }, deps: [['pool', 'latest']] },
    pool: { files: { 'pool.py': '' }, deps: [['loop', 'latest']] },
  });
  const before = await tree(rig);
  const archive = tarGz('evil-1/../../boot.py');
  const release = {
    ...{ filename: 'evil-1.tar.gz', url: `${index.url}/evil.tar.gz` },
    digests: { sha256: sha256(archive) },
  };
  index.routes.set('/evil.tar.gz', archive);
  index.routes.set('/evil/json', JSON.stringify({ info: { version: '1' }, urls: [release] }));
  index.routes.set('/page.py/package.json', '<!doctype html><title>Log in</title>');
  index.routes.set('/huge.py', new Uint8Array(9 * 1024 * 1024));
  // Version 6, machine code for an Arm core; the lab's board is no Arm.
  index.routes.set('/native.mpy', Uint8Array.of(0x4d, 6, 4 << 2, 31));
  const cases: [string[], RegExp][] = [
    [['nothing'], /^Package nothing was not found in http/],
    [['units@7'], /^Package units 7 was not found in http/],
    [['a', 'b'], /^a needs units 0\.2\.0, but b needs units 9\.9\.9$/],
    [['pypi:evil'], /leads outside the target folder$/],
    [['pypi:none'], /^Package none was not found on PyPI$/],
    [[`${index.url}/page.py/package.json`], /is not a package\.json$/],
    [[`${index.url}/huge.py`], /huge\.py is larger than \d+ bytes$/],
    [[`${index.url}/none.py`], /none\.py was not found$/],
    [[`${index.url}/native.mpy`], /contains machine code for armv6m, but the board is /],
    [['https://127.0.0.1:1/x.py'], /^127\.0\.0\.1:1 cannot be reached$/],
  ];
  for (const [specs, words] of cases) {
    const failure = await manager.install(target, specs).catch((e: unknown) => e);
    expect(failure, specs.join()).toBeInstanceOf(FleetError);
    expect(failure).toMatchObject({
      message: expect.stringMatching(words) as string,
      hint: expect.stringMatching(/^[A-Z].*\.$/) as string,
    });
  }
  expect(await tree(rig)).toEqual(before);
  expect(await manager.list(target)).toEqual([]);
  // A cycle is not an error: both packages are needed, and removed together.
  await manager.install(target, ['loop']);
  const { removed } = await manager.remove(target, ['loop']);
  expect(removed.map((p) => p.name).sort()).toEqual(['loop', 'pool']);
});

it('a lock contains the versions on the board, even if the index has newer ones', async () => {
  const { rig, manager, target, index } = await start();
  await manager.install(target, ['shapes']);
  const before = await tree(rig);
  await publish(index, { units: { version: '0.3.0', files: { 'units.py': 'UNIT = "new"\n' } } });
  index.routes.set(
    '/package/py/units/latest.json',
    String(index.routes.get('/package/6/units/latest.json')),
  );
  const { readLock } = await import('../../../src/core/packages/lockFile');
  const lock = readLock(await manager.lockBoard(target, [target]));
  expect(lock.packages.map((p) => [p.source, p.wanted])).toEqual([
    ['shapes@1.1.0', true],
    ['units@0.2.0', false],
  ]);
  await manager.remove(target, ['shapes']);
  await manager.installLock(target, lock);
  expect(await tree(rig)).toEqual(before);
});
