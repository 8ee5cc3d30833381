import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { zipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadRegistry } from '../../src/cli/board/registry';
import { printable } from '../../src/cli/cli';
import { makeFrame, Op, type Frame } from '../../src/core/agent/agentProtocol';
import { utf8 } from '../../src/core/bytes';
import { fileFilter } from '../../src/core/deviceYaml/patterns';
import { FleetError } from '../../src/core/errors';
import { LogStore } from '../../src/core/agent/agentLogs';
import { SenderOutput } from '../../src/core/files/senderBlocks';
import { MpyCrossThread } from '../../src/core/packages/mpyCrossThread';
import { FakeClock } from './rig/fakeAgent';
import { Answer } from '../../src/core/files/snippets';
import { silentLog } from '../../src/core/log';
import { unpackZip } from '../../src/core/packages/archive';
import { CachingFetcher } from '../../src/core/packages/fetcher';
import { sha256 } from '../../src/core/hash';
import { fileUrl, isPrivate } from '../../src/core/packages/manifest';
import { resolve } from '../../src/core/packages/resolve';
import { parseSpec } from '../../src/core/packages/spec';
import { Download } from '../../src/transports/mqtt/agentDownload';
import { OutputReader } from '../../src/transports/mqtt/outputReader';
import { removeTempDir, tempDir } from '../lab/paths.mjs';

let dir: string;
beforeAll(() => {
  dir = tempDir('hostile');
});
afterAll(() => removeTempDir(dir));

describe('an archive that is larger than it says', () => {
  /** Central directory entries that all stand for the same stored member, each claiming no size. */
  function bomb(entries: number, bytes: number): Uint8Array {
    const one = Buffer.from(zipSync({ a: new Uint8Array(bytes) }, { level: 0 }));
    const end = one.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
    const start = one.readUInt32LE(end + 16);
    const entry = Buffer.from(one.subarray(start, end));
    entry.writeUInt32LE(0, 24); // the size unpacked
    const all = Array.from({ length: entries }, (_, i) => {
      const own = Buffer.concat([entry.subarray(0, 46), Buffer.from(`n${i}`), entry.subarray(47)]);
      own.writeUInt16LE(Buffer.byteLength(`n${i}`), 28);
      return own;
    });
    const directory = Buffer.concat(all);
    const tail = Buffer.from(one.subarray(end));
    tail.writeUInt16LE(entries, 8);
    tail.writeUInt16LE(entries, 10);
    tail.writeUInt32LE(directory.length, 12);
    return Buffer.concat([one.subarray(0, start), directory, tail]);
  }

  it.each([
    ['60 names for one stored megabyte that claims no size', () => bomb(60, 1 << 20)],
    ['33 MB of zeros, packed', () => zipSync({ a: new Uint8Array(33 << 20) })],
    [
      '5000 empty files',
      () =>
        zipSync(
          Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`f${i}`, new Uint8Array()])),
        ),
    ],
  ])('is refused: %s', async (_name, make) => {
    const archive = make();
    const before = process.memoryUsage().arrayBuffers;
    await expect(unpackZip(archive, 'x.whl')).rejects.toMatchObject({ code: 'protocol' });
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(40 << 20);
  });
});

describe('a package index that is hostile', () => {
  it('cannot leave a file in the cache that another index then gives for the same short hash', async () => {
    const evil = utf8('evil');
    const short = sha256(evil).slice(0, 8);
    const asked: string[] = [];
    const http = (url: string) => {
      asked.push(url);
      return Promise.resolve({
        ok: true,
        status: 200,
        body: (async function* () {
          yield await Promise.resolve(evil);
        })(),
      });
    };
    const fetcher = new CachingFetcher(join(dir, 'cache'), http, silentLog);
    await fetcher.getByHash('http://evil/file', short);
    await fetcher.getByHash('http://evil/file', short);
    await fetcher.getByHash('https://good/file', short);
    await fetcher.getByHash('https://good/again', sha256(evil));
    await fetcher.getByHash('https://other/again', sha256(evil));
    expect(asked).toEqual(['http://evil/file', 'https://good/file', 'https://good/again']);
    expect(await readdir(join(dir, 'cache', 'hash'))).toHaveLength(3);
  });

  it.each([
    'http://other.example/x.py',
    'https://127.0.0.1/x.py',
    'https://169.254.169.254/latest/meta-data',
    'https://[::1]:8080/x.py',
    'https://[::ffff:10.0.0.1]/x.py',
    'https://192.168.1.1/x.py',
    'https://localhost/x.py',
    'https://localhost./x.py',
    'https://printer.local./x.py',
    'https://router/x.py',
    'https://nas.lan/x.py',
    'https://[::7f00:1]/x.py',
    'https://[64:ff9b::a00:1]/x.py',
  ])('cannot have %s put on a board', (address) => {
    expect(() => fileUrl(address, 'https://packages.example/p.json')).toThrow(/which is/);
    expect(() => fileUrl(address, 'github:a/b/package.json')).toThrow(/which is/);
    const plain = () => fileUrl(address, 'http://packages.example/p.json');
    if (isPrivate(new URL(address).hostname)) expect(plain).toThrow(/own network/);
    else expect(plain()).toBe(address);
  });

  /** An index that invents its answers: `answer` returns the JSON for an address. */
  const made = (answer: (url: string) => unknown, asked: string[] = []) => {
    const get = (url: string) => {
      asked.push(url);
      return Promise.resolve(utf8(JSON.stringify(answer(url))));
    };
    const fetcher = { get, getByHash: (url: string) => get(url) };
    return { index: 'https://evil', pypi: 'https://evil', fetcher };
  };
  const nameIn = (url: string) => /package\/\w+\/(\w+)\//.exec(url)?.[1] ?? '';

  it('is asked for few packages, and for each once, even in circles', async () => {
    const asked: string[] = [];
    // Each package needs all others, in versions that are not chosen yet, so every round starts over.
    const wants = (url: string) => {
      const [name, version] = [nameIn(url), /(\w+)\.json/.exec(url)?.[1]];
      const deps = Array.from({ length: 199 }, (_, i) => [`p${i}`, i === 0 ? 'latest' : `v${i}`]);
      return {
        v: 1,
        version: version === 'latest' ? '1' : version,
        hashes: [],
        deps: name ? deps : [],
      };
    };
    const sources = made(wants, asked);
    const names = ['p198', 'p197', 'p196', 'p195', 'p194', 'p193'];
    await resolve(names.map(parseSpec), {}, sources).catch((error: unknown) => {
      expect(error).toBeInstanceOf(FleetError);
    });
    expect(new Set(asked).size).toBe(asked.length);
    expect(asked.length).toBeLessThanOrEqual(1_000);
  });

  it('is abandoned when it names packages or sends bytes endlessly', async () => {
    const chain = (url: string) => ({
      ...{ v: 1, version: '1', hashes: [] },
      deps: [[`p${Number(nameIn(url).slice(1)) + 1}`, 'latest']],
    });
    await expect(resolve([parseSpec('p0')], {}, made(chain))).rejects.toThrow(
      'More than 200 packages are needed',
    );
    const asked: string[] = [];
    const { fetcher, ...sources } = made(chain, asked);
    const padding = Buffer.alloc(8_000_000, ' ');
    const get = async (url: string) => Buffer.concat([await fetcher.get(url), padding]);
    const long = { ...sources, fetcher: { ...fetcher, get } };
    await expect(resolve([parseSpec('p0')], {}, long)).rejects.toThrow(
      /^Resolving the packages takes more than \d+ bytes/,
    );
    expect(asked.length).toBeLessThan(10);
    const projects = (url: string) => {
      const at = Number(/-p(\d+)/.exec(url)?.[1]);
      const requires_dist = Array.from(
        { length: 20 },
        (_, i) => `micropython-p${at * 20 + i + 1}>=1`,
      );
      const urls = [
        {
          url: 'https://evil/x.whl',
          packagetype: 'bdist_wheel',
          digests: { sha256: '0'.repeat(64) },
        },
      ];
      return { info: { version: '1', requires_dist }, urls, releases: { 1: urls } };
    };
    asked.length = 0;
    await expect(
      resolve([parseSpec('pypi:micropython-p0')], {}, made(projects, asked)),
    ).rejects.toBeInstanceOf(FleetError);
    expect(asked.length).toBeLessThanOrEqual(1_000);
  });

  it('cannot fill the memory with the content of archives', async () => {
    const wheel = Buffer.from(zipSync({ 'm.py': new Uint8Array(17_000_000) }, { level: 0 }));
    const project = {
      info: { version: '1' },
      urls: [
        {
          ...{ filename: 'm-1-py3-none-any.whl', url: 'https://evil/m-1-py3-none-any.whl' },
          ...{ packagetype: 'bdist_wheel', digests: { sha256: sha256(wheel) } },
        },
      ],
    };
    const { index, pypi, fetcher } = made(() => project);
    const sources = {
      index,
      pypi,
      fetcher: { ...fetcher, getByHash: () => Promise.resolve(wheel) },
    };
    await expect(resolve(['pypi:m', 'pypi:n'].map(parseSpec), {}, sources)).rejects.toThrow(
      /^The packages have over \d+ bytes, more than a board could hold/,
    );
  });

  it('may be in the local network, and name files there', () => {
    expect(fileUrl('https://192.168.1.5/x.py', 'https://192.168.1.4/p.json')).toContain(
      '192.168.1.5',
    );
    expect(fileUrl('http://a.example/x.py', 'http://b.example/p.json')).toBe(
      'http://a.example/x.py',
    );
    const outside = ['8.8.8.8', '172.32.0.1', '100.128.0.1', '11.0.0.1', '[2606:4700::1111]'];
    for (const host of [...outside, 'micropython.org', 'micropython.org.', '10.example.org']) {
      expect([host, isPrivate(host)]).toEqual([host, false]);
    }
  });
});

describe('a board that answers endlessly', () => {
  it('is given up: lines', () => {
    const answer = new Answer(true);
    const chunk = utf8('x\n'.repeat(10_000));
    expect(() => {
      for (let i = 0; i < 100; i++) answer.feed(chunk);
    }).toThrow('never ends');
    expect(answer.lines.length).toBeLessThan(220_000);
  });

  it('is given up: one line, whose pieces are not copied again and again', () => {
    const answer = new Answer(true);
    const chunk = utf8('x'.repeat(1 << 16));
    let fed = 0;
    expect(() => {
      for (; fed < 5000; fed++) answer.feed(chunk);
    }).toThrow('never ends');
    expect(fed).toBeLessThan(1100);
  });

  it.each([
    ['no line at all', 'x'.repeat(1 << 16)],
    ['lines without a file', 'x\n'.repeat(1 << 15)],
  ])('is given up in the middle of a download: %s', (_name, text) => {
    const output = new SenderOutput(
      () => undefined,
      () => undefined,
    );
    let fed = 0;
    expect(() => {
      for (; fed < 500; fed++) output.feed(utf8(text));
    }).toThrow('never ends');
    expect(fed).toBeLessThan(80);
  });

  it('keeps 16 million characters of log, the newest', () => {
    const store = new LogStore(() => 0);
    const text = 'x'.repeat(10_000);
    for (let seq = 1; seq <= 4000; seq++) {
      const record = { seq, ms: seq, level: 'I', logger: '', text, cut: false } as const;
      store.add('aa', {
        boot: 'b',
        first: seq,
        uptime: seq,
        unix: 0,
        dropped: {},
        records: [record],
      });
    }
    expect(store.entries.length).toBe(Math.floor((16 << 20) / 10_000));
    expect(store.entries.at(-1)).toMatchObject({ record: { seq: 4000 } });
  });

  const exchange = () => {
    const said: Error[] = [];
    const own = {
      reqid: 1,
      post: () => undefined,
      finish: () => undefined,
      fail: (e: Error) => void said.push(e),
    };
    return { own, said };
  };
  const data = (offset: number, bytes: number): Frame =>
    makeFrame(Op.data, 1, { offset, payload: new Uint8Array(bytes) });

  it('is given up: a file that is longer than it said', () => {
    const { own, said } = exchange();
    const download = new Download('/x', {});
    download.onFrame(makeFrame(Op.part, 1, { payload: utf8('{"n":10}') }), own);
    for (let offset = 0; offset < 100_000; offset += 1000)
      download.onFrame(data(offset, 1000), own);
    expect(said[0]?.message).toMatch(/more of \/x than it announced/);
  });

  it('keeps one megabyte of streamed output', () => {
    const { own } = exchange();
    let shown = 0;
    const reader = new OutputReader(1024, (chunk) => (shown += chunk.length));
    for (let offset = 0; offset < 8 << 20; offset += 1024) reader.take(data(offset, 1024), own);
    expect(shown).toBe(8 << 20);
    expect(reader.stdout.length).toBeLessThanOrEqual((1 << 20) + 1024);
  });
});

describe('a foreign workspace or folder', () => {
  it('cannot slow down the check by a pattern of a device file', () => {
    const filter = fileFilter(['**/*'], [`${'*a'.repeat(30)}b`, '*'.repeat(500) + 'b']);
    expect(filter('a'.repeat(5000))).toBe(true);
  });

  it.each([
    ['*.py', 'lib/a.py', false],
    ['lib/*', 'lib/a.py', false],
    ['?.py', 'a.py', false],
    ['[ab].py', 'a.py', false],
    ['[!ab].py', 'a.py', true],
    ['[]].py', '].py', false],
    ['a+b.py', 'a+b.py', false],
    ['*b*d', 'abcd', false],
    ['*b*e', 'abcd', true],
    ['lib', 'lib/a.py', false],
  ])('excludes as before: %s, %s', (pattern, path, taken) => {
    expect(fileFilter(['**/*'], [pattern])(path)).toBe(taken);
  });

  it('cannot block the compiler with an endless source', async () => {
    const worker = join(dir, 'stalls.cjs');
    await writeFile(worker, 'setInterval(() => undefined, 1000);');
    const clock = new FakeClock();
    const thread = new MpyCrossThread({ worker } as never, undefined, clock);
    const first = thread.compile('x', []);
    const second = thread.compile('y', []);
    const refused = Promise.allSettled([first, second]);
    await expect.poll(() => clock.pending).toBeGreaterThan(0);
    await clock.pass(60_000);
    for (const { status } of await refused) expect(status).toBe('rejected');
    await expect(first).rejects.toThrow('compiler on this computer failed');
    await thread.dispose();
  });

  it("cannot redefine the user's names", async () => {
    const home = join(dir, 'home');
    const project = join(home, 'project');
    const write = async (folder: string, content: unknown) => {
      await mkdir(folder, { recursive: true });
      await writeFile(join(folder, 'fleet.json'), JSON.stringify(content));
    };
    const env = { HOME: home, XDG_CONFIG_HOME: join(home, '.config') };
    await write(join(home, '.config', 'micropython-fleet'), {
      boards: { kitchen: 'serial:/dev/ttyACM0' },
      brokers: { home: 'mqtts://good:8883' },
      groups: { lab: 'kitchen' },
      macros: { blink: 'print(1)' },
    });
    await write(join(project, '.micropython'), { boards: { kitchen: 'ws://evil:8266' } });
    await expect(loadRegistry(project, env)).rejects.toThrow(/redefines your board "kitchen"/);
    // Its own authority would vouch for a stranger, its user name go to him.
    for (const home of [
      'mqtt://evil',
      'mqtts://evil:8883',
      { url: 'mqtts://good:8883', caFile: 'evil.pem' },
    ]) {
      await write(join(project, '.micropython'), { brokers: { home } });
      await expect(loadRegistry(project, env)).rejects.toThrow(/redefines your broker "home"/);
    }
    await write(join(project, '.micropython'), { groups: { lab: 'ws://evil' } });
    await expect(loadRegistry(project, env)).rejects.toThrow(/redefines your group "lab"/);
    await write(join(project, '.micropython'), { macros: { blink: 'print(2)' } });
    await expect(loadRegistry(project, env)).rejects.toThrow(/redefines your macro "blink"/);
    await write(join(project, '.micropython'), { brokers: { home: 'mqtt://evil' } });
    await expect(loadRegistry(project, env)).rejects.toThrow(/redefines your broker "home"/);
    // Above a repository's root, and above the home folder, nothing is looked for.
    await write(join(dir, '.micropython'), { boards: { stranger: 'ws://evil:8266' } });
    await rm(join(project, '.micropython'), { recursive: true });
    expect((await loadRegistry(project, env)).boards.map((b) => b.name)).toEqual(['kitchen']);
    const repository = join(dir, 'elsewhere', 'repository');
    await mkdir(join(repository, '.git'), { recursive: true });
    await mkdir(join(repository, 'sub'));
    expect((await loadRegistry(join(repository, 'sub'), env)).boards).toHaveLength(1);
  });

  it("cannot reverse the text direction of the command line's output", () => {
    expect(printable('a\u202eb\u2066c\x1b]0;x\x07')).toBe('a\ufffdb\ufffdc\ufffd]0;x\ufffd');
  });
});
