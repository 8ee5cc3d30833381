import http from 'node:http';
import https from 'node:https';
import type { HttpGet } from './fetcher';

const MAX_REDIRECTS = 5;
/** A server that is silent for so long is gone. */
const SILENCE_MS = 30_000;

/**
 * GET with Node's own http modules, which VS Code patches for its proxy settings. `proxyFor` serves the command line,
 * where nobody does: the proxy's address for a URL, undefined for none.
 */
export function nodeHttp(proxyFor: (url: URL) => string | undefined = () => undefined): HttpGet {
  const get = async (url: string, init: { signal?: AbortSignal }, redirects: number) => {
    const target = new URL(url);
    const response = await request(target, await agentFor(target, proxyFor(target)), init.signal);
    const status = response.statusCode ?? 0;
    const { location } = response.headers;
    if (status >= 300 && status < 400 && location && redirects < MAX_REDIRECTS) {
      response.resume();
      const next = new URL(location, target);
      if (!/^https?:$/.test(next.protocol)) throw new Error(`redirected to ${next.protocol}`);
      // What was asked for in safety is not fetched without it.
      if (target.protocol === 'https:' && next.protocol === 'http:') {
        throw new Error('redirected from https to http');
      }
      return get(next.href, init, redirects + 1);
    }
    return { ok: status >= 200 && status < 300, status, body: response };
  };
  return (url, init) => get(url, init, 0);
}

/** HTTP_PROXY, HTTPS_PROXY and NO_PROXY, in either case, as curl reads them. */
export function proxyFromEnvironment(env: NodeJS.ProcessEnv): (url: URL) => string | undefined {
  const read = (name: string) => env[name.toLowerCase()] ?? env[name.toUpperCase()];
  const exempt = (read('no_proxy') ?? '')
    .split(',')
    .map((s) => s.trim())
    .filter(Boolean);
  return (url) => {
    const host = url.hostname;
    const isExempt = exempt.some((e) => {
      const domain = e.replace(/^\*?\./, '');
      return e === '*' || host === domain || host.endsWith(`.${domain}`);
    });
    if (isExempt) return undefined;
    const proxy = read(url.protocol === 'https:' ? 'https_proxy' : 'http_proxy');
    return proxy === '' ? undefined : proxy;
  };
}

async function agentFor(url: URL, proxy: string | undefined): Promise<http.Agent | undefined> {
  if (!proxy) return undefined;
  if (url.protocol === 'https:') {
    return new (await import('https-proxy-agent')).HttpsProxyAgent(proxy);
  }
  return new (await import('http-proxy-agent')).HttpProxyAgent(proxy);
}

function request(
  url: URL,
  agent: http.Agent | undefined,
  signal: AbortSignal | undefined,
): Promise<http.IncomingMessage> {
  const { get } = url.protocol === 'https:' ? https : http;
  return new Promise((resolve, reject) => {
    const options = {
      headers: { 'user-agent': 'micropython-fleet' },
      ...(agent ? { agent } : {}),
      ...(signal ? { signal } : {}),
    };
    const sent = get(url, options, resolve);
    sent.setTimeout(SILENCE_MS, () => sent.destroy(new Error('the server does not answer')));
    sent.once('error', reject);
  });
}
