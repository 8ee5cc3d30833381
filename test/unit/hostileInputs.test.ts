/** More inputs that strangers can send: networks, indexes, archives, files of repositories, notebooks. See also hostile.test.ts. */
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { zipSync } from 'fflate';
import { afterEach, describe, expect, it } from 'vitest';
import { parseRegistry } from '../../src/cli/board/registry';
import { startApi } from '../../src/cli/serve/apiServer';
import { JsonLines } from '../../src/cli/window/protocol';
import { parsePresence } from '../../src/core/agent/agentProtocolPresence';
import { parseConfig } from '../../src/core/boardConfig';
import { utf8 } from '../../src/core/bytes';
import { parseDeviceFile } from '../../src/core/deviceYaml/parse';
import { silentLog } from '../../src/core/log';
import { expandHostlist } from '../../src/core/many/hostlist';
import { sideBySide } from '../../src/core/notebook/sideBySide';
import { chartSvg } from '../../src/core/notebook/svg';
import { tableHtml } from '../../src/core/notebook/table';
import { unpackTarGz, unpackZip } from '../../src/core/packages/archive';
import { CachingFetcher } from '../../src/core/packages/fetcher';
import { writeLock } from '../../src/core/packages/lockFile';
import { readManifest } from '../../src/core/packages/manifest';
import { nodeHttp } from '../../src/core/packages/nodeHttp';
import { parseTemplate } from '../../src/core/setup/template';
import { payloadText } from '../../src/core/topics';
import { tempDir } from '../lab/paths.mjs';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function serve(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('on the network', () => {
  it.each([
    'http://169.254.169.254/latest',
    'http://127.0.0.1:22/',
    'http://[::1]/',
    'http://desk.local/',
  ])('a server elsewhere cannot redirect to %s', async (location) => {
    // The proxy stands for a server of the internet.
    const proxy = await serve((_, response) => response.writeHead(302, { location }).end());
    const get = nodeHttp(() => proxy);
    await expect(get('http://index.example/p.json', {})).rejects.toThrow(
      'redirected into your own network',
    );
  });

  it('a web page whose name leads to this computer cannot call the interface of `serve`', async () => {
    const world = { token: 't' } as never;
    const server = await startApi(world, 0, silentLog);
    servers.push(server);
    const { port } = server.address() as AddressInfo;
    const { request } = await import('node:http');
    const status = await new Promise((resolve, reject) => {
      const headers = { host: `evil.example:${port}` };
      const sent = request({ port, host: '127.0.0.1', method: 'POST', headers }, (r) => {
        r.resume();
        resolve(r.statusCode);
      });
      sent.on('error', reject).end('{"apikey":"t"}');
    });
    expect(status).toBe(403);
  });
});

describe('the password of an index', () => {
  const url = 'https://ann:hunter2@mirror.example/pi';

  it('is in no message', async () => {
    const away = () => Promise.reject(new Error('no network'));
    const one = async function* () {
      yield await Promise.resolve(utf8('x'));
    };
    const answers = (status: number) => () => Promise.resolve({ ok: false, status, body: one() });
    for (const http of [away, ...[401, 404, 429, 500].map(answers)]) {
      const fetcher = new CachingFetcher(tempDir('login'), http, silentLog);
      const error: unknown = await fetcher.get(url).catch((e: unknown) => e);
      expect(error).toBeInstanceOf(Error);
      expect(JSON.stringify([error, String(error)])).not.toContain('hunter2');
    }
    for (const text of ['no JSON', '[]', '{"hashes":7}', '{"hashes":[["../x","00000000"]]}']) {
      expect(() => readManifest(utf8(text), url)).toThrow(/^(?!.*hunter2)/);
    }
  });

  it('is not in mpy.lock', () => {
    expect(writeLock({}, new Set(), url, '/lib')).toContain('"https://mirror.example/pi"');
  });
});

describe('an archive', () => {
  const header = (name: string, size: string, type = '0') => {
    const head = Buffer.alloc(512);
    head.write(name, 0);
    head.write(size, 124, 'latin1');
    head.write(type, 156);
    head.write('ustar\0', 257);
    head.fill(' ', 148, 156);
    head.write(
      head
        .reduce((a, b) => a + b, 0)
        .toString(8)
        .padStart(7, '0'),
      148,
    );
    return head;
  };
  const tar = (...parts: Buffer[]) => gzipSync(Buffer.concat([...parts, Buffer.alloc(1024)]));

  it.each([
    ['a size in base 256', () => tar(header('a', '\x80\0\0\0\0\0\0\0\0\0\0\x01'))],
    ['a size beyond its end', () => tar(header('a', '77777777777'))],
    ['a negative size', () => tar(header('a', '-0000000001'))],
    ['a symbolic link', () => tar(header('a', '00000000000', '2'))],
    ['a device', () => tar(header('a', '00000000000', '3'))],
    ['a path outside', () => tar(header('../../.ssh/authorized_keys', '00000000000'))],
    [
      'a pax header without an end',
      () => tar(header('x', '00000001000', 'x'), Buffer.alloc(512, '9 path=')),
    ],
    [
      'three thousand empty files',
      () => tar(...Array.from({ length: 3_000 }, (_, i) => header(`f${i}`, '00000000000'))),
    ],
    [
      'parts of gzip that hold more together than each alone',
      () => Buffer.concat(Array(40).fill(gzipSync(Buffer.alloc(1 << 20)))),
    ],
  ])('is refused for %s', async (_, make) => {
    const archive = make();
    const began = performance.now();
    await expect(unpackTarGz(archive, 'x.tar.gz')).rejects.toMatchObject({ code: 'protocol' });
    expect(performance.now() - began).toBeLessThan(5_000);
  });

  it('with names of JavaScript changes no object', async () => {
    const names = ['__proto__', 'constructor', 'toString'];
    const zip = zipSync(Object.fromEntries(names.slice(1).map((n) => [n, utf8('x')])));
    const unpacked = await unpackZip(
      Buffer.from(
        Buffer.from(zip).toString('latin1').replaceAll('constructor', '__proto__/x'),
        'latin1',
      ),
      'x.whl',
    );
    expect(unpacked.map((f) => f.path).sort()).toEqual(['__proto__/x', 'toString']);
    expect(({} as Record<string, unknown>).x).toBeUndefined();
  });
});

describe('JSON', () => {
  const deep = (n: number, text = '') => `${'['.repeat(n)}${text}${']'.repeat(n)}`;

  it('that is nested very deeply is rejected with a clear error', () => {
    expect(() => readManifest(utf8(deep(100_000)), 'https://x/p.json')).toThrow(
      'is not a package.json',
    );
    expect(() => readManifest(utf8(`{"deps":${deep(100_000)}}`), 'https://x/p.json')).toThrow(
      'is not a pair',
    );
    const o = `{"on":1,"boot":"00000000","nonce":"${'0'.repeat(32)}","tags":${deep(1_500)}}`;
    expect(parsePresence(utf8(o))).toMatchObject({ on: true, tags: [] });
  });

  it('with __proto__ gives a board no properties', () => {
    const text = `{"__proto__":{"on":1,"mode":"open"},"boot":"00000000","nonce":"${'0'.repeat(32)}"}`;
    expect(parsePresence(utf8(text))).toMatchObject({ on: false });
    const { boards, groups } = parseRegistry(
      JSON.parse('{"boards":{"__proto__":"ws://h"},"groups":{"__proto__":"a"}}'),
    );
    expect(boards.map((b) => b.name)).toEqual(['__proto__']);
    expect(Object.getPrototypeOf(groups)).toBe(Object.prototype);
    expect(() => parseConfig('{"__proto__": {"name": "x"}, "name": 5}')).toThrow();
  });

  it('of a socket is read to a limit', () => {
    const lines = new JsonLines();
    const chunk = utf8('x'.repeat(1 << 20));
    expect(() => {
      for (let i = 0; i < 10; i++) lines.add(chunk);
    }).toThrow('a line is too long');
  });
});

describe('a file of a repository', () => {
  const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefghij'
    .split('')
    .map((c, i) => `${c}: &${c} [${Array(9).fill(`*${'abcdefghij'[i]}`).join()}]`)
    .join('\n')}`;

  it('cannot expand until memory is full', () => {
    const began = performance.now();
    expect(parseDeviceFile('x.yaml', bomb).devices).toEqual([]);
    expect(parseDeviceFile('x.yaml', 'a: &a {uid: "1", resources: [*a, *a]}').devices).toHaveLength(
      1,
    );
    expect(() => parseTemplate(bomb, 'x')).toThrow(/cannot be used/);
    expect(() => parseConfig(bomb)).toThrow();
    expect(performance.now() - began).toBeLessThan(2_000);
  });

  it.each(['a[1-999999999]', 'a[1-99999][1-99999]', 'a[1-90000],b[1-90000]'])(
    'cannot name an endless number of boards: %s',
    (list) => {
      expect(() => expandHostlist(list)).toThrow(/100,?000|too many/i);
    },
  );

  it('cannot hold the password of a broker', () => {
    expect(() => parseRegistry({ brokers: { b: 'mqtt://u:p@host' } })).toThrow(
      'its address contains a login',
    );
  });
});

describe('text of boards', () => {
  const evil = '<img src=x onerror=alert(1)>"\'&<script>alert(1)</script>';
  const tags = /<(?:img|script)/;

  it('is not interpreted as HTML in a notebook', () => {
    expect(tableHtml({ head: [evil], rows: [[evil]] })).not.toMatch(tags);
    expect(
      sideBySide([
        { head: evil, text: evil },
        { head: 'b', text: 'b' },
      ]),
    ).not.toMatch(tags);
    expect(chartSvg([{ name: evil, points: [[0, 1]] }], evil)).not.toMatch(tags);
  });

  it.each([
    [
      [0, 1e308],
      [1, -1e308],
    ],
    [
      [0, Number.MAX_VALUE],
      [Number.MAX_VALUE, Number.MIN_VALUE],
    ],
    [
      [1e15, 1],
      [1e15 + 1, 1 + Number.EPSILON],
    ],
    [
      [0, 5e-324],
      [5e-324, 0],
    ],
    [
      [0, 1e308],
      [1, 1e308],
    ],
  ] as [number, number][][])('is drawn, whatever its numbers are: %j %j', (...points) => {
    const svg = chartSvg([{ name: 'x', points }]);
    expect(svg.length).toBeLessThan(20_000);
    expect(svg).not.toMatch(/NaN|Infinity/);
  });

  it('is one line in the list of topics', () => {
    expect(payloadText(utf8('a\nb\u202e[x](command:y)'))).toBe('a b[x]\u200b(command:y)');
    expect(payloadText(utf8('\x1b]52;c;eA==\x07'))).toMatch(/^0x/);
  });
});
