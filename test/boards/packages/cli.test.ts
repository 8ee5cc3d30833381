import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startUboard, tempDir } from '../../lab/index.mjs';
import type { Uboard } from '../../lab/uboard.mjs';
import { BuiltCli } from '../rig/cliRig';
import { startPackages } from '../rig/packageLab';

let cli: BuiltCli;
let board: Uboard;
let packages: Awaited<ReturnType<typeof startPackages>>;
let folder: string;

beforeAll(async () => {
  cli = await BuiltCli.build();
  board = await startUboard({ name: 'mip' });
  packages = await startPackages();
  folder = tempDir('project');
});
afterAll(async () => {
  await packages.stop();
  await board.stop();
});

const mip = (args: readonly string[], env: Record<string, string> = {}) =>
  cli.run(['-b', board.tty, 'mip', ...args], {
    cwd: folder,
    env: { MPYFLEET_INDEX: packages.index.url, ...env },
  });
const onBoard = async () => Object.keys(await board.files()).sort();
const printed = async (code: string) => (await cli.run(['-b', board.tty, 'exec', code])).out.trim();

it('lists its commands', async () => {
  expect(await mip([])).toMatchObject({
    status: 64,
    err: expect.stringMatching(/install, list/) as string,
  });
  expect(await mip(['fly'])).toMatchObject({
    status: 64,
    err: expect.stringMatching(/no "fly"/) as string,
  });
  expect(await mip(['install'])).toMatchObject({ status: 64 });
  expect(await mip(['install', 'x', '--mpy', '--no-mpy'])).toMatchObject({ status: 64 });
});

it('writes a file from an address to any place, checked by its SHA-256, and saves addresses', async () => {
  const content = Buffer.from('font \0 data');
  const hash = createHash('sha256').update(content).digest('hex');
  const { url, routes } = packages.index;
  routes.set('/files/my%20font.bin', content);
  const state = { XDG_STATE_HOME: folder, XDG_CACHE_HOME: folder };
  const run = (...args: string[]) =>
    cli.run(['-b', board.tty, ...args], { cwd: folder, env: state });
  const address = `${url}/files/my%20font.bin`;
  expect(await run('put', address, ':/assets/')).toMatchObject({
    status: 0,
    out: '1 file, 11 bytes\n',
    err: `my font.bin: 11 bytes, sha256=${hash}\n`,
  });
  expect((await board.files())['/assets/my font.bin']).toEqual(content);
  expect(await run('cp', `${address}#sha256=${hash}`, ':/font.bin')).toMatchObject({ status: 0 });
  expect((await board.files())['/font.bin']).toEqual(content);
  const wrong = `${address}#sha256=${'0'.repeat(64)}`;
  expect(await run('put', wrong, ':/font.bin')).toMatchObject({
    status: 2,
    err: expect.stringContaining(`its SHA-256 is ${hash}`) as string,
  });
  expect(await run('put', `${url}/files/missing.bin`, ':/')).toMatchObject({ status: 2 });
  expect(await run('put', `${url}/`, ':/')).toMatchObject({ status: 64 });
  const save = ['url', 'save', 'font', `${address}#sha256=${hash}`, ':/kept/'];
  expect(await cli.run(save, { env: state })).toMatchObject({ status: 0, out: 'url:font\n' });
  expect(await run('put', 'url:font')).toMatchObject({ status: 0 });
  expect((await board.files())['/kept/my font.bin']).toEqual(content);
  expect((await cli.run(['url', 'list'], { env: state })).out).toContain('url:font  http');
  expect(await cli.run(['url', 'forget', 'font'], { env: state })).toMatchObject({ status: 0 });
  expect(await run('put', 'url:font', ':/')).toMatchObject({ status: 64 });
  await run('rm', '-r', ':/kept', ':/assets', ':/font.bin');
});

it('searches', async () => {
  expect(await mip(['search', 'area'])).toMatchObject({
    status: 0,
    out: 'shapes 1.1.0  Areas of shapes\n',
  });
  expect(await mip(['search', 'submarine'])).toMatchObject({ status: 1, out: '' });
});

it('installs from a requirements file, lists, locks, removes and restores', async () => {
  writeFileSync(join(folder, 'requirements.txt'), '# what we need\nshapes==1.1.0\n');
  expect(await mip(['install', '-r', 'requirements.txt'])).toMatchObject({
    status: 0,
    out: 'units 0.2.0  (required by other packages)\nshapes 1.1.0\n',
  });
  expect(await printed('import shapes; print(shapes.area(1))')).toMatch(/^3\.14/);
  expect((await mip(['list', '--json'])).out).toMatch(/"state": "intact"/);
  expect((await mip(['outdated'])).out).toBe('All packages are up to date\n');
  const before = await onBoard();
  expect(before).toContain('/lib/units.mpy');

  expect(await mip(['lock'])).toMatchObject({ status: 0, out: '2 packages in mpy.lock\n' });
  const lock = JSON.parse(readFileSync(join(folder, 'mpy.lock'), 'utf8')) as {
    packages: { source: string }[];
  };
  expect(lock.packages.map((p) => p.source)).toEqual(['shapes@1.1.0', 'units@0.2.0']);
  expect((await mip(['remove', 'units'])).out).toBe('units stays: shapes needs it\n');
  expect((await mip(['remove', 'shapes'])).out).toBe(
    'units 0.2.0  removed\nshapes 1.1.0  removed\n',
  );
  expect(await onBoard()).toEqual([]);
  expect(await mip(['sync'])).toMatchObject({ status: 0 });
  expect(await onBoard()).toEqual(before);
});

it('installs source or compiled code, into the requested folder', async () => {
  expect(await mip(['install', '--no-mpy', '--target', '/source', 'units'])).toMatchObject({
    status: 0,
  });
  expect(await onBoard()).toContain('/source/units.py');
  writeFileSync(join(folder, 'plain.py'), 'X = 1\n');
  expect(await mip(['install', '--mpy', './plain.py'])).toMatchObject({ status: 0, err: '' });
  expect(await onBoard()).toContain('/lib/plain.mpy');
  writeFileSync(join(folder, 'bad.py'), 'X = 1\nx = = 2\n');
  expect(await mip(['install', '--mpy', './bad.py'])).toMatchObject({
    err: expect.stringMatching(/bad\.py, line 2: SyntaxError/) as string,
  });
});

it('keeps files that were changed on the board, unless forced', async () => {
  await mip(['remove', '--force', 'shapes', 'units']); // of the tests before: shapes needs units, which would stay for it
  expect(await mip(['install', 'units'])).toMatchObject({ status: 0 });
  await cli.run([
    '-b',
    board.tty,
    'exec',
    'f = open("/lib/units.mpy", "a"); f.write("x"); f.close()',
  ]);
  const before = await onBoard();
  const refused = {
    status: 2,
    err: expect.stringMatching(
      /\/lib\/units\.mpy is on the board, changed or not installed from here.*--force/s,
    ) as string,
  };
  expect(await mip(['install', 'units'])).toMatchObject(refused);
  expect(await mip(['remove', 'units'])).toMatchObject(refused);
  expect(await onBoard()).toEqual(before);
  expect(await mip(['remove', '--force', 'units'])).toMatchObject({ status: 0 });
  expect(await onBoard()).not.toContain('/lib/units.mpy');
});

it('keeps packages when a folder is mirrored', async () => {
  await mip(['install', 'units']);
  const src = tempDir('mirrored');
  writeFileSync(join(src, 'app.py'), 'A = 1\n');
  await cli.run(['-b', board.tty, 'exec', 'open("/old.py", "w").close()']);
  const done = await cli.run(['-b', board.tty, 'sync', '--mirror', src, ':/']);
  expect(done).toMatchObject({
    status: 0,
    out: expect.stringMatching(/^keep +\/lib\/units\.mpy \(protected\)$/m) as string,
  });
  const there = await onBoard();
  expect(there).toEqual(expect.arrayContaining(['/app.py', '/lib/units.mpy']));
  expect(there).not.toContain('/old.py');
});

it('finds packages that another computer installed', async () => {
  const elsewhere = { XDG_STATE_HOME: tempDir('other-computer') };
  expect((await mip(['list'], elsewhere)).out).toMatch(
    /^Nothing was installed from here; mip adopt/,
  );
  expect(await mip(['adopt'], elsewhere)).toMatchObject({ status: 0, out: 'units 0.2.0\n' });
  expect((await mip(['list'], elsewhere)).out).toBe('units 0.2.0\n');
});

it('goes through the proxy of the environment', async () => {
  const asked: string[] = [];
  const proxy = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.end(packages.index.routes.get(new URL(request.url ?? '').pathname));
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const ran = await mip(['search', '--index', 'http://index.invalid/v2', 'units'], {
    HTTP_PROXY: url,
  });
  proxy.close();
  expect(asked).toEqual(['http://index.invalid/v2/index.json']);
  // The answer of a path that is none of the index's: said in one sentence.
  expect(ran).toMatchObject({ err: expect.stringMatching(/is not a package index/) as string });
});
