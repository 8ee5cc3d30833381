import * as l10n from '@vscode/l10n';
import http from 'node:http';
import https from 'node:https';
import type { HttpGet } from './fetcher';
import { isPrivate } from './manifest';

const MAX_REDIRECTS = 5;
/** A server that sends nothing for this time in milliseconds is considered gone. */
const SILENCE_MS = 30_000;

/**
 * Returns a function that sends GET requests with Node's http modules, which VS Code patches for its proxy settings. The
 * command line passes `proxyFor`, which returns the proxy's address for a URL, or undefined for none.
 */
export function nodeHttp(
  proxyFor: (url: URL) => string | undefined = () => undefined,
  { silenceMs = SILENCE_MS } = {},
): HttpGet {
  const get = async (url: string, init: { signal?: AbortSignal }, redirects: number) => {
    const target = new URL(url);
    const agent = await agentFor(target, proxyFor(target));
    const response = await request(target, agent, silenceMs, init.signal);
    const status = response.statusCode ?? 0;
    const { location } = response.headers;
    if (status >= 300 && status < 400 && location && redirects < MAX_REDIRECTS) {
      response.resume();
      const next = new URL(location, target);
      if (!/^https?:$/.test(next.protocol))
        throw new Error(l10n.t('redirected to {0}', next.protocol));
      // An https download may not redirect to http.
      if (target.protocol === 'https:' && next.protocol === 'http:') {
        throw new Error(l10n.t('redirected from https to http'));
      }
      // Otherwise a server elsewhere could have content of this network put on a board.
      if (isPrivate(next.hostname) && !isPrivate(target.hostname)) {
        throw new Error(l10n.t('redirected into your own network'));
      }
      return get(next.href, init, redirects + 1);
    }
    return { ok: status >= 200 && status < 300, status, body: response };
  };
  return (url, init) => get(url, init, 0);
}

/** Returns a function that picks the proxy from HTTP_PROXY, HTTPS_PROXY and NO_PROXY (in either case), as curl does. */
export function proxyFromEnvironment(env: NodeJS.ProcessEnv): (url: URL) => string | undefined {
  const read = (name: string) => env[name.toLowerCase()] ?? env[name.toUpperCase()];
  const exempt = (read('no_proxy') ?? '')
    .split(',')
    .map((s) => s.trim())
    .filter(Boolean);
  return (url) => {
    if (exempt.some((rule) => isExempt(url, rule))) return undefined;
    const proxy = read(url.protocol === 'https:' ? 'https_proxy' : 'http_proxy');
    if (!proxy) return undefined;
    return proxy.includes('://') ? proxy : `http://${proxy}`;
  };
}

/** Returns whether a rule of NO_PROXY matches: `*`, or a host or domain with everything below it, with or without a port. */
function isExempt(url: URL, rule: string): boolean {
  if (rule === '*') return true;
  const [, domain = '', port] = /^(?:\*?\.)?(.*?)(?::(\d+))?$/.exec(rule) ?? [];
  const usual = url.protocol === 'https:' ? '443' : '80';
  if (port !== undefined && port !== (url.port || usual)) return false;
  return url.hostname === domain || url.hostname.endsWith(`.${domain}`);
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
  silenceMs: number,
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
    sent.setTimeout(silenceMs, () => sent.destroy(new Error(l10n.t('the server does not answer'))));
    sent.once('error', reject);
  });
}
