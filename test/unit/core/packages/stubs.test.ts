import { rm } from 'node:fs/promises';
import { zipSync } from 'fflate';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLog } from '../../../../src/core/log';
import { CachingFetcher } from '../../../../src/core/packages/fetcher';
import { sha256 } from '../../../../src/core/hash';
import { nodeHttp } from '../../../../src/core/packages/nodeHttp';
import { fetchStubs } from '../../../../src/core/packages/stubs';
import { newestFor, satisfies } from '../../../../src/core/packages/versions';
import { startPackageIndex } from '../../../lab/packageIndex.mjs';
import { tempDir } from '../../../lab/paths.mjs';

describe('versions', () => {
  const ALL = ['1.22.2.post1', '1.24.0.post1', '1.24.1.post2', '1.24.1.post10', '1.25.0'];
  it.each([
    ['1.24.1', '1.24.1.post10'],
    ['1.24.0', '1.24.0.post1'],
    ['1.24.9', '1.24.1.post10'],
    ['1.23.0', '1.22.2.post1'],
    ['1.30.0', '1.25.0'],
    ['1.19.1', '1.22.2.post1'],
  ])('for a board with %s: %s', (board, expected) => {
    expect(newestFor(ALL, board)).toBe(expected);
    expect(newestFor([], board)).toBeUndefined();
  });

  it.each([
    ['1.24.1', ' (<1.25.0,>=1.24.0)', true],
    ['1.25.0', '<1.25.0,>=1.24.0', false],
    ['1.24.1.post2', '==1.24.*', true],
    ['1.24.1', '~=1.24.0', true],
    ['1.25.0', '~=1.24.0', false],
    ['1.24.0', '!=1.24.0', false],
    ['9', '', true],
  ])('%s and "%s": %s', (version, rule, expected) => {
    expect(satisfies(version, rule)).toBe(expected);
  });
});

describe('stubs', () => {
  let folder = '';
  let server: Awaited<ReturnType<typeof startPackageIndex>>;
  beforeEach(async () => {
    folder = tempDir('stubs');
    server = await startPackageIndex({});
    publish('micropython-stdlib-stubs', ['1.24.5', '1.25.1'], () => ({
      'stdlib/os.pyi': 'stdlib',
      'machine.pyi': 'never: the port has its own',
    }));
    publish('micropython-esp32-stubs', ['1.24.1.post2', '1.25.0'], (version) => ({
      'machine.pyi': `esp32 ${version}`,
      'setup.sh': 'no stub',
    }));
  });
  afterEach(async () => {
    await server.stop();
    await rm(folder, { recursive: true });
  });

  /** Adds a project to the server as on PyPI: all releases together, and each one. */
  function publish(
    name: string,
    versions: string[],
    files: (version: string) => Record<string, string>,
  ) {
    const releases = Object.fromEntries(
      versions.map((version) => {
        const wheel = zipSync(
          Object.fromEntries(
            Object.entries(files(version)).map(([path, text]) => [path, Buffer.from(text)]),
          ),
        );
        const filename = `${name}-${version}-py3-none-any.whl`;
        server.routes.set(`/files/${filename}`, wheel);
        const urls = [
          {
            filename,
            url: `${server.url}/files/${filename}`,
            digests: { sha256: sha256(wheel) },
          },
        ];
        const [major, minor] = version.split('.');
        const info = {
          requires_dist: [
            `micropython-stdlib-stubs (<${major}.${Number(minor) + 1},>=${major}.${minor})`,
          ],
        };
        server.routes.set(`/${name}/${version}/json`, JSON.stringify({ info, urls }));
        return [version, urls];
      }),
    );
    server.routes.set(`/${name}/json`, JSON.stringify({ info: {}, releases }));
  }

  const get = async (platform: string, version: string) => {
    const fetcher = new CachingFetcher(folder, nodeHttp(), silentLog);
    const { packages, files, note } = await fetchStubs({ platform, version }, server.url, fetcher);
    const texts = files.map((f) => [f.path, Buffer.from(f.content).toString()]);
    return { packages, note, files: Object.fromEntries(texts) as Record<string, string> };
  };

  it('match the port and the version, with the standard library that they require', async () => {
    expect(await get('esp32', '1.24.1')).toEqual({
      packages: ['micropython-esp32-stubs 1.24.1.post2', 'micropython-stdlib-stubs 1.24.5'],
      note: undefined,
      files: { 'machine.pyi': 'esp32 1.24.1.post2', 'stdlib/os.pyi': 'stdlib' },
    });
  });

  it('are the nearest ones if the version has none, which is reported', async () => {
    const { packages, note } = await get('esp32', '1.27.0');
    expect(packages[0]).toBe('micropython-esp32-stubs 1.25.0');
    expect(note).toMatch(/1\.27\.0.*1\.25\.0/);
  });

  it.each(['rp2', 'somechip'])('are the standard library alone for %s', async (platform) => {
    const { packages, note } = await get(platform, '1.25.0');
    expect(packages).toEqual(['micropython-stdlib-stubs 1.25.1']);
    expect(note).toMatch(/No stubs exist for/);
  });

  it('never leave their folder', async () => {
    publish('micropython-esp32-stubs', ['1.24.1'], () => ({ '../settings.pyi': 'x' }));
    await expect(get('esp32', '1.24.1')).rejects.toThrow(/leads outside/);
  });
});
