import { execFile } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { silentLog } from '../../../../src/core/log';
import { CachingFetcher } from '../../../../src/core/packages/fetcher';
import { nodeHttp, proxyFromEnvironment } from '../../../../src/core/packages/nodeHttp';
import { tempDir } from '../../../lab/paths.mjs';

let folder = '';
let secure: { key: Buffer; cert: Buffer };
beforeAll(async () => {
  folder = tempDir('http');
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  await promisify(execFile)('openssl', [
    ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', '-subj', '/CN=localhost'],
    ...['-keyout', key, '-out', cert],
  ]);
  secure = { key: await readFile(key), cert: await readFile(cert) };
});
afterAll(() => rm(folder, { recursive: true }));

const servers: Server[] = [];
const sockets = new Set<Socket>();
afterEach(async () => {
  for (const server of servers.splice(0)) {
    for (const socket of sockets) socket.destroy(); // tunnels too
    await new Promise((resolve) => server.close(resolve));
  }
  sockets.clear();
  delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
});

async function listen(server: Server): Promise<string> {
  servers.push(server);
  server.on('connection', (socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const serve = async (answer: RequestListener) => `http://${await listen(createServer(answer))}`;
const serveSecurely = async (answer: RequestListener) => {
  process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'; // its certificate is its own
  return `https://${await listen(createSecureServer(secure, answer))}`;
};

/** Starts a proxy for both kinds of address, which records the requested addresses. */
async function startProxy() {
  const asked: string[] = [];
  const proxy = createServer((request, response) => {
    asked.push(`${request.method ?? ''} ${request.url ?? ''}`);
    response.end('by the proxy');
  });
  proxy.on('connect', (request, near: Socket) => {
    asked.push(`CONNECT ${request.url ?? ''}`);
    const [host, port] = (request.url ?? '').split(':');
    const far = connect(Number(port), host, () => {
      near.write('HTTP/1.1 200 OK\r\n\r\n');
      near.pipe(far).pipe(near);
    });
    far.on('error', () => near.destroy());
    near.on('error', () => far.destroy());
  });
  return { url: `http://${await listen(proxy)}`, asked };
}

async function get(url: string, http = nodeHttp(), signal?: AbortSignal) {
  const { status, body } = await http(url, signal ? { signal } : {});
  const parts: Uint8Array[] = [];
  for await (const part of body) parts.push(part);
  return { status, body: Buffer.concat(parts).toString() };
}

describe('redirects', () => {
  it('are followed, relative ones too, up to a limit', async () => {
    const url = await serve((request, response) => {
      const n = Number((request.url ?? '').slice(1));
      if (n > 0) response.writeHead(302, { location: `/${n - 1}` });
      response.end('there');
    });
    expect(await get(`${url}/5`)).toEqual({ status: 200, body: 'there' });
    expect((await get(`${url}/6`)).status).toBe(302);
  });

  it('never lead from https to http, nor out of the web', async () => {
    const plain = await serve((_, response) => response.end('plain'));
    const to = (location: string): RequestListener => {
      return (_, response) => response.writeHead(302, { location }).end();
    };
    await expect(get(await serveSecurely(to(plain)))).rejects.toThrow(/from https to http/);
    await expect(get(await serve(to('file:///etc/passwd')))).rejects.toThrow(/redirected to file:/);
  });
});

describe('a proxy', () => {
  it('is asked for http addresses', async () => {
    const proxy = await startProxy();
    const http = nodeHttp(proxyFromEnvironment({ http_proxy: proxy.url }));
    expect((await get('http://index.invalid/pi/v2/index.json', http)).body).toBe('by the proxy');
    expect(proxy.asked).toEqual(['GET http://index.invalid/pi/v2/index.json']);
  });

  it('opens a tunnel for https addresses', async () => {
    const proxy = await startProxy();
    const far = await serveSecurely((_, response) => response.end('from afar'));
    const http = nodeHttp(proxyFromEnvironment({ HTTPS_PROXY: proxy.url }));
    expect((await get(`${far}/x`, http)).body).toBe('from afar');
    expect(proxy.asked).toEqual([`CONNECT ${new URL(far).host}`]);
  });

  it('that cannot be reached is an error, and no request bypasses it', async () => {
    let asked = 0;
    const far = await serve((_, response) => {
      asked++;
      response.end();
    });
    const http = nodeHttp(() => 'http://127.0.0.1:1');
    await expect(get(far, http)).rejects.toThrow(/ECONNREFUSED/);
    expect(asked).toBe(0);
  });
});

it('a certificate from an unknown authority is refused', async () => {
  const far = await serveSecurely((_, response) => response.end());
  delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
  await expect(get(far)).rejects.toThrow(/self-signed/);
});

it('a download can be cancelled', async () => {
  const url = await serve((_, response) => void response.write('begin'));
  const abort = new AbortController();
  const { body } = await nodeHttp()(url, { signal: abort.signal });
  const reading = (async () => {
    for await (const part of body) if (part.length > 0) abort.abort();
  })();
  await expect(reading).rejects.toThrow(/abort/i);
});

describe('each failure is one sentence, with a next step', () => {
  const failure = async (url: string, http = nodeHttp()) => {
    const fetcher = new CachingFetcher(folder, http, silentLog);
    const error: unknown = await fetcher.get(url).catch((e: unknown) => e);
    expect(error).toMatchObject({ hint: expect.stringMatching(/\w.*\.$/) as string });
    return (error as Error).message;
  };
  const answer = (status: number) => serve((_, response) => response.writeHead(status).end());

  it('the certificate', async () => {
    const url = await serveSecurely((_, response) => response.end());
    delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
    const { host } = new URL(url);
    expect(await failure(url)).toBe(
      `The certificate of ${host} is not trusted (DEPTH_ZERO_SELF_SIGNED_CERT)`,
    );
  });

  it('https to a server without it', async () => {
    const url = (await serve((_, response) => response.end())).replace('http:', 'https:');
    expect(await failure(url)).toBe(`${new URL(url).host} does not support https on this port`);
  });

  it.each([
    [404, /was not found$/],
    [403, /denies access to .* \(403\)$/],
    [407, /^The proxy requires a user name and a password$/],
    [429, /too many requests/],
    [502, /answered 502$/],
  ])('the answer %i', async (status, words) => {
    expect(await failure(await answer(status))).toMatch(words);
  });

  it('an answer that breaks off', async () => {
    const url = await serve((request, response) => {
      response.writeHead(200, { 'content-length': '1000' }).write('begin');
      setImmediate(() => request.socket.destroy());
    });
    expect(await failure(url)).toBe(`The connection to ${url} was lost`);
  });

  it('a server that falls silent', async () => {
    const url = await serve((_, response) => void response.write('begin'));
    const http = nodeHttp(() => undefined, { silenceMs: 100 });
    expect(await failure(url, http)).toBe(`The connection to ${url} was lost`);
    const mute = await serve(() => undefined);
    expect(await failure(mute, http)).toBe(`${new URL(mute).host} cannot be reached`);
  });
});

it('cached content is used while the server fails', async () => {
  let status = 200;
  const url = await serve((_, response) => response.writeHead(status).end(`said with ${status}`));
  const fetcher = new CachingFetcher(folder, nodeHttp(), silentLog);
  const first = await fetcher.get(url);
  status = 503;
  expect(await fetcher.get(url)).toEqual(first);
  status = 404; // and one that says no is believed
  await expect(fetcher.get(url)).rejects.toThrow(/was not found/);
});
