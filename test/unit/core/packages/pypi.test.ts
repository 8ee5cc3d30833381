import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { zipSync } from 'fflate';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLog } from '../../../../src/core/log';
import { CachingFetcher } from '../../../../src/core/packages/fetcher';
import { sha256 } from '../../../../src/core/hash';
import { fetchPackages } from '../../../../src/core/packages/fetchPackages';
import { nodeHttp } from '../../../../src/core/packages/nodeHttp';
import { readLock, writeLock } from '../../../../src/core/packages/lockFile';
import { resolve, specId } from '../../../../src/core/packages/resolve';
import { parseSpec } from '../../../../src/core/packages/spec';
import { startPackageIndex } from '../../../lab/packageIndex.mjs';
import { tempDir } from '../../../lab/paths.mjs';

let folder = '';
let server: Awaited<ReturnType<typeof startPackageIndex>>;
beforeEach(async () => {
  folder = tempDir('pypi');
  server = await startPackageIndex({});
});
afterEach(async () => {
  await server.stop();
  await rm(folder, { recursive: true });
});

const BLOCK = 512;

/** One entry of a tar archive (POSIX ustar), with any type and any claim of its size. */
function entry(name: string, content: string, { type = '0', link = '', size = -1 } = {}): Buffer {
  const data = Buffer.from(content);
  const head = Buffer.alloc(BLOCK);
  head.write(name, 0, 100);
  head.write('0000644\0', 100);
  head.write(`${(size < 0 ? data.length : size).toString(8).padStart(11, '0')}\0`, 124);
  head.write('        ', 148);
  head.write(type, 156);
  head.write(link, 157, 100);
  head.write('ustar\x0000', 257);
  const sum = head.reduce((all, byte) => all + byte, 0);
  head.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return Buffer.concat([head, data, Buffer.alloc((BLOCK - (data.length % BLOCK)) % BLOCK)]);
}

const tarGz = (...entries: Buffer[]) =>
  gzipSync(Buffer.concat([...entries, Buffer.alloc(2 * BLOCK)]));

const zip = (files: Record<string, string>) =>
  zipSync(Object.fromEntries(Object.entries(files).map(([k, v]) => [k, Buffer.from(v)])));

/** Puts a project on the server, as PyPI's JSON API describes it. */
function publish(
  name: string,
  file: string,
  archive: Uint8Array,
  more: { requires?: string[]; hash?: string } = {},
) {
  server.routes.set(`/files/${file}`, archive);
  const release = {
    filename: file,
    url: `${server.url}/files/${file}`,
    digests: { sha256: more.hash ?? sha256(archive) },
  };
  const info = { name, version: '1.2', requires_dist: more.requires ?? null };
  const json = JSON.stringify({ info, urls: [release] });
  // The normal form of the name, as PyPI's own simple index has it.
  const normal = name.toLowerCase().replace(/[-_.]+/g, '-');
  server.routes.set(`/${normal}/json`, json);
  server.routes.set(`/${normal}/1.2/json`, json);
}

/** What would be placed, by package. */
async function get(spec: string) {
  const fetcher = new CachingFetcher(folder, nodeHttp(), silentLog);
  const sources = { index: server.url, pypi: server.url, fetcher };
  const packages = await fetchPackages(await resolve([parseSpec(spec)], {}, sources), fetcher);
  return Object.fromEntries(
    packages.map((p) => [
      p.name,
      Object.fromEntries(p.files.map((f) => [f.path, Buffer.from(f.content).toString()])),
    ]),
  );
}

describe('packages of PyPI', () => {
  it('takes the modules of a source archive, and their dependencies', async () => {
    const sdist = tarGz(
      entry('micropython-app-1.2/', '', { type: '5' }),
      entry('micropython-app-1.2/setup.py', 'danger'),
      entry('micropython-app-1.2/PKG-INFO', 'Name: x'),
      entry('micropython-app-1.2/app/__init__.py', 'one'),
      entry('micropython-app-1.2/app/data.bin', 'two'),
      entry('micropython-app-1.2/helper.py', 'three'),
      entry('micropython-app-1.2/tests/test_app.py', 'four'),
      entry('micropython-app-1.2/app.egg-info/top_level.txt', 'app'),
    );
    publish('micropython-app', 'micropython-app-1.2.tar.gz', sdist, {
      requires: ['micropython-log', 'numpy', 'micropython-dev; extra == "dev"'],
    });
    const wheel = zip({ 'log.py': 'five', 'micropython_log-1.2.dist-info/RECORD': 'x' });
    publish('micropython-log', 'micropython_log-1.2-py3-none-any.whl', wheel);
    expect(await get('pypi:micropython-app==1.2')).toEqual({
      'micropython-log': { 'log.py': 'five' },
      'micropython-app': { 'app/__init__.py': 'one', 'app/data.bin': 'two', 'helper.py': 'three' },
    });
  });

  it('takes all of an archive for upip, which has no setup.py', async () => {
    const sdist = tarGz(
      entry('micropython-umqtt.simple-1.3/PKG-INFO', 'Name: x'),
      entry('micropython-umqtt.simple-1.3/setup.cfg', ''),
      entry('micropython-umqtt.simple-1.3/umqtt/simple.py', 'one'),
      entry('micropython-umqtt.simple-1.3/templates/page.html', 'two'),
      entry('micropython-umqtt.simple-1.3/x.egg-info/SOURCES.txt', 'three'),
    );
    publish('micropython-umqtt.simple', 'micropython-umqtt.simple-1.3.tar.gz', sdist);
    const got = await get('pypi:micropython-umqtt.simple');
    expect(Object.values(got)).toEqual([
      { 'umqtt/simple.py': 'one', 'templates/page.html': 'two' },
    ]);
  });

  it('treats every spelling of a name as one project', async () => {
    const needing = (name: string, requires: string[]) => {
      const file = `${name}-1.2-py3-none-any.whl`;
      publish(name, file, zip({ [`${name.replace(/\W/g, '_')}.py`]: name }), { requires });
    };
    needing('micropython-umqtt.simple', []);
    needing('micropython-one', ['micropython-umqtt-simple']);
    needing('micropython-two', ['Micropython_umqtt.simple', 'micropython-one']);
    const names = Object.keys(await get('pypi:micropython-two'));
    expect(names.filter((name) => /umqtt/i.test(name))).toHaveLength(1);
    expect(names).toHaveLength(3);
    for (const name of ['micropython-umqtt-simple', 'MicroPython_uMQTT..simple']) {
      expect(Object.values(await get(`pypi:${name}`))).toEqual([
        { 'micropython_umqtt_simple.py': 'micropython-umqtt.simple' },
      ]);
    }
    const ids = ['a.b', 'A-b', 'a__B', 'a-_.b'].map((n) => specId(parseSpec(`pypi:${n}`)));
    expect(new Set(ids)).toEqual(new Set(['pypi:a-b']));
  });

  it('takes folders without __init__.py, and no tests and examples', async () => {
    const sdist = tarGz(
      entry('micropython-app-1.2/pyproject.toml', ''),
      entry('micropython-app-1.2/app/core.py', 'one'),
      entry('micropython-app-1.2/test/__init__.py', 'two'),
      entry('micropython-app-1.2/examples/blink.py', 'three'),
    );
    publish('micropython-app', 'micropython-app-1.2.tar.gz', sdist);
    expect(await get('pypi:micropython-app')).toEqual({
      'micropython-app': { 'app/core.py': 'one' },
    });
  });

  it('are locked in the installed version', async () => {
    const wheel = zip({ 'app.py': 'x' });
    publish('micropython-app', 'micropython_app-1.2-py3-none-any.whl', wheel);
    const fetcher = new CachingFetcher(folder, nodeHttp(), silentLog);
    const sources = { index: server.url, pypi: server.url, fetcher };
    const specs = [parseSpec('pypi:micropython-app')];
    const py = await fetchPackages(await resolve(specs, {}, sources), fetcher);
    const lock = readLock(writeLock({ py }, new Set(), server.url, '/lib'));
    expect(lock.packages.map((p) => p.source)).toEqual(['pypi:micropython-app==1.2']);
  });

  it('resolves dependencies in matching versions', async () => {
    const wheel = (name: string, text: string) => zip({ [`${name}.py`]: text });
    publish('micropython-app', 'micropython_app-1.2-py3-none-any.whl', wheel('app', '1'), {
      requires: ['micropython-log (>=1.0,<2)', 'micropython-win; sys_platform == "win32"'],
    });
    publish('micropython-log', 'micropython_log-1.2-py3-none-any.whl', wheel('log', '2'));
    const json = JSON.parse(String(server.routes.get('/micropython-log/json'))) as {
      urls: unknown[];
    };
    const releases = { '1.2': json.urls, '1.10': [], '2.0': json.urls };
    server.routes.set('/micropython-log/json', JSON.stringify({ ...json, releases }));
    expect(Object.keys(await get('pypi:micropython-app'))).toEqual([
      'micropython-log',
      'micropython-app',
    ]);
    const none = JSON.stringify({ ...json, releases: { '2.0': json.urls } });
    server.routes.set('/micropython-log/json', none);
    await expect(get('pypi:micropython-app')).rejects.toThrow(
      'Version >=1.0,<2 of micropython-log was not found on PyPI',
    );
  });

  it('reads the long names of GNU and POSIX archives, as Python writes them', async () => {
    const script = `import sys, tarfile, io
form = getattr(tarfile, sys.argv[1])
out = tarfile.open(fileobj=sys.stdout.buffer, mode='w|gz', format=form)
for name in ('long-1.2/long/__init__.py', 'long-1.2/long/' + 'd' * 110 + '/é.py'):
    info = tarfile.TarInfo(name)
    info.size = len(name)
    out.addfile(info, io.BytesIO(name.encode()[:len(name)]))
out.close()`;
    for (const format of ['GNU_FORMAT', 'PAX_FORMAT']) {
      const { stdout } = await promisify(execFile)('python3', ['-c', script, format], {
        encoding: 'buffer',
      });
      publish('long', `long-${format}-1.2.tar.gz`, stdout);
      const paths = Object.keys((await get('pypi:long')).long ?? {});
      expect(paths).toEqual(['long/__init__.py', `long/${'d'.repeat(110)}/é.py`]);
    }
  });

  it('prefers a pure-Python wheel to a source archive', async () => {
    const wheel = zip({ 'both.py': 'wheel' });
    publish('both', 'both-1.2-py3-none-any.whl', wheel);
    const json = JSON.parse(String(server.routes.get('/both/json'))) as { urls: unknown[] };
    json.urls.unshift({
      filename: 'both-1.2.tar.gz',
      url: `${server.url}/none`,
      digests: { sha256: '0'.repeat(64) },
    });
    server.routes.set('/both/json', JSON.stringify(json));
    expect(await get('pypi:both')).toEqual({ both: { 'both.py': 'wheel' } });
  });

  const SDIST = 'bad-1.2.tar.gz';
  const WHEEL = 'bad-1.2-py3-none-any.whl';
  const bomb = 'x'.repeat(33 * 1024 * 1024);
  it.each<[string, string, () => Uint8Array, RegExp]>([
    ['a way out', SDIST, () => tarGz(entry('bad-1.2/../../boot.py', '')), /leads outside/],
    ['an absolute path', SDIST, () => tarGz(entry('/etc/passwd', '')), /not inside the package/],
    [
      'a symbolic link',
      SDIST,
      () => tarGz(entry('bad-1.2/a.py', '', { type: '2', link: '/etc/passwd' })),
      /not a regular file/,
    ],
    [
      'a hard link',
      SDIST,
      () => tarGz(entry('bad-1.2/a.py', '', { type: '1', link: 'boot.py' })),
      /not a regular file/,
    ],
    [
      'a device',
      SDIST,
      () => tarGz(entry('bad-1.2/a.py', '', { type: '3' })),
      /not a regular file/,
    ],
    [
      'a size that is a lie',
      SDIST,
      () => tarGz(entry('bad-1.2/a.py', 'short', { size: 99_999 })),
      /cannot be unpacked|damaged/,
    ],
    ['a bomb', SDIST, () => tarGz(entry('bad-1.2/a.py', bomb)), /cannot be unpacked/],
    [
      'a damaged header',
      SDIST,
      () => tarGz(Buffer.concat([entry('bad-1.2/a.py', '').fill('z', 20, 30)])),
      /cannot be unpacked/,
    ],
    ['no archive', SDIST, () => Buffer.from('<html>'), /cannot be unpacked/],
    ['a way out of a wheel', WHEEL, () => zip({ '../boot.py': '' }), /leads outside/],
    [
      'files that FAT takes for one',
      WHEEL,
      () => zip({ 'Net.py': '1', 'net.py': '2' }),
      /cannot be side by side/,
    ],
    [
      'two files of one name',
      SDIST,
      () => tarGz(entry('bad-1.2/a.py', '1'), entry('bad-1.2/a.py', '2')),
      /contains a\.py twice/,
    ],
    ['a fifo', SDIST, () => tarGz(entry('bad-1.2/a.py', '', { type: '6' })), /not a regular file/],
    [
      'a backslash in a wheel',
      WHEEL,
      () => zip({ '..\\boot.py': '' }),
      /not allowed in file names/,
    ],
    ['a bomb in a wheel', WHEEL, () => zip({ 'a.py': bomb }), /far too large/],
    ['a wheel that is none', WHEEL, () => Buffer.from('PK<html>'), /cannot be unpacked/],
    ['nothing of Python', WHEEL, () => zip({ 'x-1.dist-info/RECORD': '' }), /no Python modules/],
  ])('refuses %s', async (_, file, archive, words) => {
    publish('bad', file, archive());
    await expect(get('pypi:bad')).rejects.toThrow(words);
  });

  it("rejects an archive with another hash than PyPI's, and a project without archives", async () => {
    publish('bad', WHEEL, zip({ 'a.py': '' }), { hash: '0'.repeat(64) });
    await expect(get('pypi:bad')).rejects.toThrow(/does not match the index/);
    publish('bad', 'bad-1.2-cp311-cp311-linux_x86_64.whl', zip({ 'a.so': '' }));
    await expect(get('pypi:bad')).rejects.toThrow(/no pure-Python archive/);
    await expect(get('pypi:nothing')).rejects.toThrow(/Package nothing was not found on PyPI/);
  });

  it('unpacks no more of a wheel than its declared size', async () => {
    const wheel = Buffer.from(zip({ 'a.py': 'y'.repeat(100_000) }));
    const central = wheel.lastIndexOf('PK\x01\x02', undefined, 'latin1');
    wheel.writeUInt32LE(10, central + 24); // its size once unpacked, in the central directory
    publish('bad', WHEEL, wheel);
    const outcome = await get('pypi:bad').catch((e: unknown) => String(e));
    expect(JSON.stringify(outcome).length).toBeLessThan(200);
  });
});
