import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLog } from '../../../../src/core/log';
import { CachingFetcher } from '../../../../src/core/packages/fetcher';
import { sha256 } from '../../../../src/core/hash';
import { listIndex, searchIndex } from '../../../../src/core/packages/indexSource';
import { fetchPackages } from '../../../../src/core/packages/fetchPackages';
import { utf8 } from '../../../../src/core/bytes';
import { fileUrl, readManifest } from '../../../../src/core/packages/manifest';
import { planRemoval } from '../../../../src/core/packages/installed';
import { checkAgainstLock, readLock, writeLock } from '../../../../src/core/packages/lockFile';
import { missingModule, packageOf } from '../../../../src/core/packages/missingModule';
import { nodeHttp, proxyFromEnvironment } from '../../../../src/core/packages/nodeHttp';
import { resolve } from '../../../../src/core/packages/resolve';
import { parseSpec, rewriteUrl, specText } from '../../../../src/core/packages/spec';
import { safeRelativePath } from '../../../../src/core/packages/targetPath';
import { startPackageIndex } from '../../../lab/packageIndex.mjs';
import { tempDir } from '../../../lab/paths.mjs';

const ends: (() => Promise<void>)[] = [];
let cache = '';
beforeEach(() => {
  cache = tempDir('packages');
});
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
  await rm(cache, { recursive: true });
});

async function serve(packages: Parameters<typeof startPackageIndex>[0]) {
  const index = await startPackageIndex(packages);
  ends.push(() => index.stop());
  const fetcher = new CachingFetcher(cache, nodeHttp(), silentLog);
  return { index, sources: { index: index.url, pypi: index.url, fetcher } };
}

const install = (specs: string[], sources: Awaited<ReturnType<typeof serve>>['sources']) =>
  resolve(specs.map(parseSpec), {}, sources);

describe('package names from users', () => {
  it.each([
    ['aioble', { kind: 'index', name: 'aioble', version: 'latest' }],
    ['umqtt.simple@1.4.0', { kind: 'index', name: 'umqtt.simple', version: '1.4.0' }],
    [
      'pypi:micropython-logging==0.3',
      { kind: 'pypi', name: 'micropython-logging', version: '0.3' },
    ],
    ['github:org/repo', { kind: 'json', url: 'github:org/repo/package.json', name: 'repo' }],
    [
      'github:org/repo/lib@v2',
      { kind: 'json', url: 'github:org/repo/lib/package.json', name: 'lib', branch: 'v2' },
    ],
    [
      'https://github.com/org/repo.git',
      { kind: 'json', url: 'github:org/repo/package.json', name: 'repo' },
    ],
    [
      'https://github.com/org/repo/blob/main/src/a.py',
      {
        ...{ kind: 'file', name: 'a.py' },
        url: 'https://raw.githubusercontent.com/org/repo/main/src/a.py',
      },
    ],
    [
      'https://gitlab.com/org/repo/-/tree/v2/lib/',
      { kind: 'json', url: 'gitlab:org/repo/lib/package.json', name: 'lib', branch: 'v2' },
    ],
    [
      'https://codeberg.org/org/repo/src/tag/v1',
      { kind: 'json', url: 'codeberg:org/repo/package.json', name: 'repo', branch: 'v1' },
    ],
    ['https://x.org/a/b.py', { kind: 'file', url: 'https://x.org/a/b.py', name: 'b.py' }],
    ['./lib', { kind: 'json', url: 'file:./lib/package.json', name: 'lib' }],
  ])('%s', (typed, expected) => {
    expect(parseSpec(typed)).toEqual(expected);
  });

  it.each(['', 'a b', 'name@1@', '-r', 'a/../b', 'github:@x'])('refuses "%s"', (typed) => {
    expect(() => rewriteUrl(specText(parseSpec(typed)))).toThrow();
  });

  it('finds repositories where mip does', () => {
    expect(rewriteUrl('github:org/repo/dir/a.py', 'main')).toBe(
      'https://raw.githubusercontent.com/org/repo/main/dir/a.py',
    );
    expect(rewriteUrl('gitlab:org/repo/a.py')).toBe('https://gitlab.com/org/repo/-/raw/HEAD/a.py');
    const files = 'https://codeberg.org/api/v1/repos/org/repo/raw';
    expect(rewriteUrl('codeberg:org/repo/d/a.py')).toBe(`${files}/d/a.py`);
    expect(rewriteUrl('codeberg:org/repo/a.py', 'a/b')).toBe(`${files}/a.py?ref=a%2Fb`);
  });
});

describe('paths from an index', () => {
  it.each(['../x.py', 'a/../../x', '/etc/x', 'C:x', 'a\\b', 'a\0b', '', '.', 'x'.repeat(300)])(
    'refuses %j',
    (path) => {
      expect(() => safeRelativePath(path, 'the index')).toThrow(/the index/);
    },
  );
  it('accepts valid ones', () => {
    expect(safeRelativePath('a/./b//c d.py', 'x')).toBe('a/b/c d.py');
  });
});

describe('resolving', () => {
  it('finds required packages, dependencies first, each once, cycles included', async () => {
    const { sources } = await serve({
      app: {
        files: { 'app.py': '1' },
        deps: [
          ['net', 'latest'],
          ['log', '2.0'],
        ],
      },
      net: {
        files: { 'net/__init__.py': '2' },
        deps: [
          ['log', 'latest'],
          ['app', 'latest'],
        ],
      },
      log: { version: '2.0', files: { 'log.py': '3' } },
    });
    // "log 2.0" is chosen for both, since the precise wish is named at the top.
    const found = await install(['log@2.0', 'app'], sources);
    expect(found.map((p) => `${p.name} ${p.version}`)).toEqual([
      'log 2.0',
      'net 1.0.0',
      'app 1.0.0',
    ]);
    expect(found.find((p) => p.name === 'net')?.needs).toEqual(['log', 'app']);
  });

  it('explains a conflict by naming the packages and their requirements', async () => {
    const { sources, index } = await serve({
      a: { files: {}, deps: [['c', '1.0']] },
      b: { files: {}, deps: [['c', '2.0']] },
      c: { version: '1.0', files: { 'c.py': '' } },
    });
    index.routes.set('/package/py/c/2.0.json', '{"version":"2.0"}');
    await expect(install(['a', 'b'], sources)).rejects.toThrow('a needs c 1.0, but b needs c 2.0');
    await expect(install(['c@2.0', 'a'], sources)).rejects.toThrow(
      'You ask for c 2.0, but a needs c 1.0',
    );
    await expect(install(['c@2.0', 'c@1.0'], sources)).rejects.toThrow('you ask for c 1.0');
  });

  it('takes the version that one package requires for all that accept any, in any order', async () => {
    const { sources, index } = await serve({
      app: {
        files: { 'app.py': '1' },
        deps: [
          ['net', 'latest'],
          ['old', '1.5'],
        ],
      },
      net: { files: { 'net.py': '2' }, deps: [['log', 'latest']] },
      old: { version: '1.5', files: { 'old.py': '3' }, deps: [['log', '1.0']] },
      log: { version: '2.0', files: { 'log.py': '4' } },
    });
    index.routes.set('/package/py/log/1.0.json', '{"version":"1.0"}');
    const found = await install(['log', 'app'], sources);
    expect(found.map((p) => `${p.name} ${p.version}`)).toEqual([
      'log 1.0',
      'net 1.0.0',
      'old 1.5',
      'app 1.0.0',
    ]);
  });

  it.each<[string, string, RegExp]>([
    ['a file of this computer', '{"urls":[["x.py","file:/etc/passwd"]]}', /outside the package/],
    ['an absolute path', '{"urls":[["x.py","/etc/passwd"]]}', /outside the package/],
    ['a local dependency', '{"deps":[["/home/x","latest"]]}', /a path on a computer/],
    ['a local file as dependency', '{"deps":[["file:/x.py",""]]}', /a path on a computer/],
  ])('an index cannot name %s', async (_, manifest, words) => {
    const { sources, index } = await serve({ bad: { files: {} } });
    index.routes.set('/package/py/bad/latest.json', manifest);
    await expect(install(['bad'], sources)).rejects.toThrow(words);
    index.routes.set('/bad/package.json', manifest);
    await expect(install([`${index.url}/bad`], sources)).rejects.toThrow(words);
  });

  it('resolves addresses relative to the package.json of a repository, in its branch', () => {
    const base = 'codeberg:org/repo/lib/package.json';
    expect(fileUrl('src/a.py', base, 'v1')).toBe(
      rewriteUrl('codeberg:org/repo/lib/src/a.py', 'v1'),
    );
    expect(fileUrl('codeberg:Org/repo/b.py', base, 'v1')).toBe(
      rewriteUrl('codeberg:Org/repo/b.py', 'v1'),
    );
    // A tag belongs to this repository, and others may lack it. A version after `@` belongs to the other one.
    expect(fileUrl('github:other/repo/b.py', base, 'v1')).toBe(
      rewriteUrl('github:other/repo/b.py'),
    );
    expect(fileUrl('github:other/repo/b.py@main', base, 'v1')).toBe(
      rewriteUrl('github:other/repo/b.py', 'main'),
    );
    expect(fileUrl('https://host.example/a@b.py', base, 'v1')).toBe('https://host.example/a@b.py');
    expect(() => fileUrl('file:/etc/passwd', base)).toThrow(/outside the package/);
  });

  it.each([
    ['commas behind the last entries', '{"urls":[["a.py","src/a.py",],],"version":"1",}'],
    ['a byte order mark', '\uFEFF{"urls":[["a.py","src/a.py"]]}'],
    ['a slash before a path', '{"urls":[["/a.py","src/a.py"]]}'],
    ['a comma and a bracket in a text', '{"urls":[["a.py","src/a.py"]],"description":"x,]",}'],
  ])('takes a package.json with %s, as mip on a board does', (_, manifest) => {
    expect(readManifest(utf8(manifest), 'x').urls).toEqual([['a.py', 'src/a.py']]);
  });

  it('locates errors in a package.json, and recognises a web page', () => {
    expect(() => readManifest(utf8('{"urls": [}'), 'x')).toThrow(/Unexpected token/);
    expect(() => readManifest(utf8('<html>'), 'x')).toThrow(/^x is not a package.json$/);
  });

  it('resolves addresses relative to the package.json, as mip does', async () => {
    const { sources, index } = await serve({ near: { files: {} } });
    index.routes.set('/package/py/near/latest.json', '{"urls":[["n.py","src/n.py"]]}');
    const [near] = await install(['near'], sources);
    expect(near?.files.map((f) => f.url)).toEqual([`${index.url}/package/py/near/src/n.py`]);
  });

  it.each<[string, Record<string, string>, RegExp]>([
    [
      'names that differ in their case only',
      { 'A.py': '1', 'a.py': '2' },
      /contains A\.py and a\.py/,
    ],
    ['a file where another needs a folder', { a: '1', 'a/b.py': '2' }, /a and a\/b\.py/],
  ])('refuses %s', async (_, files, words) => {
    const { sources } = await serve({ bad: { files } });
    await expect(install(['bad'], sources)).rejects.toThrow(words);
  });

  it('refuses two packages that bring the same file', async () => {
    const { sources } = await serve({
      a: { files: { 'same.py': '1' } },
      b: { files: { 'same.py': '2' } },
    });
    await expect(install(['a', 'b'], sources)).rejects.toThrow('a and b both contain same.py');
  });

  it('names a missing package and the package that requires it', async () => {
    const { sources } = await serve({ app: { files: {}, deps: [['units', '0.1.0']] } });
    await expect(install(['app'], sources)).rejects.toThrow(
      /^app cannot be installed: Package units 0\.1\.0 was not found in/,
    );
    await expect(install(['nothing'], sources)).rejects.toThrow(/Package nothing was not found in/);
    await expect(install([`${sources.index}/x`], sources)).rejects.toThrow(
      /No package.json was found at/,
    );
  });

  it.each([
    ['{"hashes":[["../../boot.py","12345678"]]}', /leads out/],
    ['{"hashes":[["a.py","zz"]]}', /gives "zz" as the hash/],
    ['{"urls":"x"}', /no list in "urls"/],
    ['<html>login</html>', /not a package.json/],
    ['[]', /not a package.json/],
  ])('refuses the manifest %s', async (manifest, words) => {
    const { sources, index } = await serve({ bad: { files: {} } });
    index.routes.set('/package/py/bad/latest.json', manifest);
    await expect(install(['bad'], sources)).rejects.toThrow(words);
  });

  it('accepts a local folder, but nothing outside it', async () => {
    const { sources } = await serve({});
    await writeFile(join(cache, 'package.json'), '{"urls":[["m.py","src.py"]],"version":"3"}');
    await writeFile(join(cache, 'src.py'), 'x = 1');
    const [fetched] = await fetchPackages(await install([cache], sources), sources.fetcher);
    expect(fetched?.files.map((f) => `${f.path} ${Buffer.from(f.content).toString()}`)).toEqual([
      'm.py x = 1',
    ]);
    await writeFile(join(cache, 'package.json'), '{"urls":[["m.py","../secret"]]}');
    await expect(install([cache], sources)).rejects.toThrow(/outside the package/);
  });
});

describe('downloading', () => {
  it('refuses a file that does not match the index', async () => {
    const { sources, index } = await serve({ a: { files: { 'a.py': 'good' } } });
    const packages = await install(['a'], sources);
    const file = packages[0]?.files[0];
    index.routes.set(new URL(file?.url ?? '').pathname, 'evil');
    await expect(fetchPackages(packages, sources.fetcher)).rejects.toThrow(
      /does not match the index/,
    );
  });

  it('works from the cache when the index cannot be reached', async () => {
    const { sources, index } = await serve({ a: { files: { 'a.py': 'good' } } });
    await fetchPackages(await install(['a'], sources), sources.fetcher);
    await index.stop();
    ends.pop();
    const [again] = await fetchPackages(await install(['a'], sources), sources.fetcher);
    expect(Buffer.from(again?.files[0]?.content ?? []).toString()).toBe('good');
    await expect(install(['other'], sources)).rejects.toThrow(/cannot be reached/);
    let since = new Date(0);
    await sources.fetcher.get(`${sources.index}/package/py/a/latest.json`, {
      onStale: (date) => (since = date),
    });
    expect(Date.now() - since.getTime()).toBeLessThan(60_000);
  });

  it('accepts local paths literally', async () => {
    const { sources } = await serve({});
    const path = join(cache, '100% a#b.py');
    await writeFile(path, 'x = 1');
    const [fetched] = await fetchPackages(await install([path], sources), sources.fetcher);
    expect(fetched?.files.map((f) => f.path)).toEqual(['100% a#b.py']);
    expect(await sources.fetcher.get(pathToFileURL(path).href)).toEqual(Buffer.from('x = 1'));
    await expect(
      install([join(cache, 'none.py')], sources).then((packages) =>
        fetchPackages(packages, sources.fetcher),
      ),
    ).rejects.toThrow(/none\.py cannot be read/);
  });

  it('downloads a file with a known hash only once', async () => {
    const { sources, index } = await serve({ a: { files: { 'a.py': 'good' } } });
    for (let i = 0; i < 3; i++) {
      await fetchPackages(await install(['a'], sources), sources.fetcher);
    }
    expect(index.asked.filter((path) => path.startsWith('/file/'))).toHaveLength(1);
  });

  it('stops at a size limit', async () => {
    const { sources, index } = await serve({});
    index.routes.set('/big', 'x'.repeat(5000));
    await expect(sources.fetcher.get(`${index.url}/big`, { maxBytes: 1000 })).rejects.toThrow(
      /larger than 1000 bytes/,
    );
  });

  it('goes through the proxy that the environment names, but not for exempt hosts', () => {
    const proxy = proxyFromEnvironment({
      HTTPS_PROXY: 'http://proxy:3128',
      no_proxy: 'localhost, .lan',
    });
    expect(proxy(new URL('https://micropython.org/pi'))).toBe('http://proxy:3128');
    expect(proxy(new URL('http://micropython.org/pi'))).toBeUndefined();
    expect(proxy(new URL('https://mirror.lan/pi'))).toBeUndefined();
    const other = proxyFromEnvironment({ http_proxy: 'proxy:8080', NO_PROXY: 'near:8000' });
    expect(other(new URL('http://near/pi'))).toBe('http://proxy:8080');
    expect(other(new URL('http://near:8000/pi'))).toBeUndefined();
  });
});

describe('the index', () => {
  it('is searched by name and description', async () => {
    const { sources } = await serve({
      'umqtt.simple': { files: {}, description: 'Lightweight MQTT client' },
      mqtt: { files: {}, description: 'another' },
      logging: { files: {}, description: 'Log messages' },
    });
    const all = await listIndex(sources.index, sources.fetcher);
    expect(searchIndex(all, 'mqtt').map((e) => e.name)).toEqual(['mqtt', 'umqtt.simple']);
    expect(searchIndex(all, 'mqtt light').map((e) => e.name)).toEqual(['umqtt.simple']);
  });
});

describe('a module that is not on the board', () => {
  it('is read from the line that MicroPython prints', () => {
    const line = "ImportError: no module named 'umqtt.simple'";
    expect(missingModule(`  ${line}`)).toEqual({
      ...{ name: 'umqtt.simple', index: 2, length: line.length },
    });
    expect(missingModule("ImportError: can't import name x")).toBeUndefined();
    expect(missingModule("ImportError: no module named '$(reboot)'")).toBeUndefined();
  });

  it('is mapped to the package that contains it', async () => {
    const { sources } = await serve({
      'umqtt.simple': { files: {} },
      aioble: { files: {} },
      'aioble-server': { files: {} },
      collections: { files: {} },
      'collections-defaultdict': { files: {} },
      os: { files: {} },
      'os-path': { files: {} },
      'lora-sx126x': { files: {} },
    });
    const all = await listIndex(sources.index, sources.fetcher);
    const name = (module: string) => packageOf(module, all)?.name;
    expect(['umqtt.simple', 'aioble.core', 'aioble_server', 'umqtt'].map(name)).toEqual([
      ...['umqtt.simple', 'aioble', 'aioble-server', undefined],
    ]);
    expect(['collections.defaultdict', 'os.path', 'lora.sx126x', 'os'].map(name)).toEqual([
      ...['collections-defaultdict', 'os-path', 'lora-sx126x', 'os'],
    ]);
  });
});

describe('the lock file', () => {
  it('contains exactly the downloaded files, and reports the first difference', async () => {
    const { sources } = await serve({
      a: { files: { 'a.py': 'one' }, deps: [['b', 'latest']] },
      b: { files: { 'b.py': 'two' } },
    });
    const fetched = await fetchPackages(await install(['a'], sources), sources.fetcher);
    const lock = readLock(writeLock({ py: fetched }, new Set(['a']), sources.index, '/lib'));
    expect(lock.packages.map((p) => [p.source, p.wanted, p.files.py])).toEqual([
      ['a@1.0.0', true, { 'a.py': sha256(Buffer.from('one')) }],
      ['b@1.0.0', false, { 'b.py': sha256(Buffer.from('two')) }],
    ]);
    checkAgainstLock(lock, fetched, 'py');
    const changed = fetched.map((p) => ({
      ...p,
      files: p.files.map((f) => ({ ...f, content: Buffer.from('three') })),
    }));
    expect(() => checkAgainstLock(lock, changed, 'py')).toThrow(/does not match mpy.lock/);
    expect(() => checkAgainstLock(lock, fetched, '6')).toThrow(/this kind of board \(6\)/);
    const fewer = fetched.map((p) => ({ ...p, files: [] }));
    expect(() => checkAgainstLock(lock, fewer, 'py')).toThrow(/b\.py does not match mpy.lock/);
  });

  it.each([
    '{',
    '{"lockVersion":2,"packages":[]}',
    '{"lockVersion":1,"packages":[{"id":"x"}]}',
    '{"lockVersion":1,"index":"file:///etc","packages":[]}',
  ])('refuses %s with words', (text) => {
    expect(() => readLock(text)).toThrow(/mpy\.lock/);
  });
});

it('a lock file cannot name a place outside its folder', () => {
  const lock = (target: unknown) =>
    readLock(JSON.stringify({ lockVersion: 1, target, packages: [] }));
  expect([lock('/apps/lib/').target, lock('/').target, lock(undefined).target]).toEqual([
    '/apps/lib',
    '/',
    '/lib',
  ]);
  expect(() => lock('/../x')).toThrow(/leads out/);
  expect(() => lock(5)).toThrow(/not a file name/);
});

describe('removing', () => {
  const pkg = (id: string, wanted: boolean, ...needs: string[]) => ({
    ...{ id, name: id, version: '1', source: id, files: [] },
    wanted,
    needs,
  });
  it('removes packages that are no longer needed, and keeps the others', () => {
    const all = [
      pkg('app', true, 'net'),
      pkg('net', false, 'log'),
      pkg('log', true),
      pkg('x', true, 'log'),
    ];
    expect(planRemoval(all, ['app']).remove.map((p) => p.id)).toEqual(['app', 'net']);
    const log = planRemoval(all, ['log']);
    expect(log.remove).toEqual([]);
    expect(log.kept).toEqual([{ id: 'log', neededBy: 'net' }]);
  });
});
