import type { WebReplAddress } from '../address';
import { webreplAddress, webreplUrl } from '../parseAddress';
import type { Found } from '../board';

/** The relevant part of a DNS answer, from any sender. */
export interface DnsRecord {
  readonly type: string;
  readonly name: string;
  readonly data?: unknown;
}

/** Services under which MicroPython boards announce WebREPL; ESP-IDF's examples use the second. */
export const webReplServices = ['_webrepl._tcp.local', '_ws._tcp.local'];
/** Limit of boards in one answer, and in all answers together. */
export const MOST_BOARDS = 1000;

/**
 * Finds boards in DNS records, which anyone on the network may have sent: names are validated, and
 * nothing is followed. A board is identified by its service record (host and port). MicroPython
 * itself announces only its host name, which counts as a board if it is one of `hosts`.
 * @param hosts addresses of boards that are known by name
 */
export function boardsInRecords(
  records: readonly DnsRecord[],
  hosts: readonly WebReplAddress[] = [],
): Found[] {
  const addresses = new Map<string, string>();
  for (const { type, name, data } of records) {
    if (type === 'A' && typeof data === 'string' && /^\d{1,3}(\.\d{1,3}){3}$/.test(data)) {
      addresses.set(name.toLowerCase(), data);
    }
  }
  const found = new Map<string, Found>();
  for (const { type, name, data } of records) {
    if (type !== 'SRV' || !webReplServices.some((s) => name.toLowerCase().endsWith(`.${s}`)))
      continue;
    const { target, port } = (data ?? {}) as { target?: unknown; port?: unknown };
    if (typeof target !== 'string' || !isHostName(target) || !isPort(port)) continue;
    const host = addresses.get(target.toLowerCase()) ?? target;
    const address = webreplAddress(`ws://${host}:${port}`);
    const label = target.replace(/\.local\.?$/i, '');
    found.set(address.text, {
      address,
      likely: true,
      label,
      name: label,
      details: { host: target, port: String(port) },
    });
    if (found.size === MOST_BOARDS) break;
  }
  for (const address of hosts) {
    if (addresses.has(hostOf(address))) found.set(address.text, { address, likely: true });
  }
  return [...found.values()];
}

/** Returns the host of a WebREPL address, in lower case. */
export function hostOf(address: WebReplAddress): string {
  return webreplUrl(address).url.hostname.toLowerCase();
}

function isHostName(name: string): boolean {
  return (
    name.length <= 253 &&
    /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*\.?$/i.test(name)
  );
}

function isPort(port: unknown): port is number {
  return typeof port === 'number' && Number.isInteger(port) && port > 0 && port < 65_536;
}
