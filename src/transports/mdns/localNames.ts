import { lookup as systemLookup, type LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { Deferred, systemClock, type Clock } from '../../core/async';
import { asError } from '../../core/errors';
import type { Disposable } from '../../core/events';

/** Where to send queries; tests use another port and interface. */
export interface MdnsOptions {
  readonly port?: number;
  readonly interface?: string;
  readonly bind?: string;
}

/**
 * Number of queries, because a sleeping board or a lossy Wi-Fi may miss one, and the pause between
 * them.
 */
const QUESTIONS = 4;
const PAUSE_MS = 1_000;

/** Returns whether only the local network can resolve the name (RFC 6762). */
export function isLocalName(host: string): boolean {
  return /\.local\.?$/i.test(host);
}

/**
 * Resolves host names like the system, and names ending in `.local` also by our own multicast DNS
 * query, because plain Linux, containers and WSL cannot. The first answer wins.
 */
export function localLookup(mdns: MdnsOptions = {}, clock: Clock = systemClock): LookupFunction {
  return (host, options, callback) => {
    if (!isLocalName(host)) {
      systemLookup(host, options, callback);
      return;
    }
    const asked = new Deferred<LookupAddress[]>();
    systemLookup(host, { ...options, all: true }, (error, found) => {
      if (error) asked.reject(error);
      else asked.resolve(found);
    });
    const heard = askByMdns(host.replace(/\.$/, ''), mdns, clock, asked.promise);
    Promise.any([asked.promise, heard]).then(
      (found) => {
        const [first] = found;
        if (options.all) callback(null, found);
        else callback(null, first?.address ?? '', first?.family);
      },
      () => asked.promise.catch((error: unknown) => callback(asError(error), '')),
    );
  };
}

/** Rejects when no device has answered any query. Ends early when the system resolves the name. */
async function askByMdns(
  host: string,
  options: MdnsOptions,
  clock: Clock,
  otherwise: Promise<unknown>,
): Promise<LookupAddress[]> {
  const { default: multicastDns } = await import('multicast-dns');
  const mdns = multicastDns(options);
  const answer = new Deferred<LookupAddress[]>();
  otherwise.then(
    () => answer.reject(new Error('the system knows the name')),
    () => undefined, // in that case, our query decides
  );
  mdns.on('error', (error) => answer.reject(error));
  mdns.on('response', (response) => {
    for (const record of [...response.answers, ...response.additionals]) {
      if (record.type !== 'A' || record.name.toLowerCase() !== host.toLowerCase()) continue;
      if (/^\d{1,3}(\.\d{1,3}){3}$/.test(record.data)) {
        answer.resolve([{ address: record.data, family: 4 }]);
      }
    }
  });
  let timer: Disposable | undefined;
  const ask = (left: number) => {
    if (left === 0) {
      answer.reject(new Error('no device of that name has answered'));
      return;
    }
    mdns.query(host, 'A');
    timer = clock.after(PAUSE_MS, () => ask(left - 1));
  };
  ask(QUESTIONS);
  try {
    return await answer.promise;
  } finally {
    timer?.dispose();
    mdns.destroy();
  }
}
