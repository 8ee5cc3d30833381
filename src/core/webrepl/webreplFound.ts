import { webreplAddress, type Address } from '../address';
import type { Found } from '../board/discovery';

/** The part of a DNS answer that matters here, whoever sent it. */
export interface DnsRecord {
  readonly type: string;
  readonly name: string;
  readonly data?: unknown;
}

/** Services under which MicroPython boards announce WebREPL; the second is what ESP-IDF's examples use. */
export const webReplServices = ['_webrepl._tcp.local', '_ws._tcp.local'];
const MOST_BOARDS = 1000;

/**
 * Boards in DNS records, which anyone on the network may have sent: names are checked, nothing is followed.
 * A board is known by its service record (host and port). MicroPython itself announces only its host name, which is
 * taken for a board when it is one of `hosts`.
 * @param hosts addresses of boards that are known by name
 */
export function boardsInRecords(
  records: readonly DnsRecord[],
  hosts: readonly Address[] = [],
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

/** The host of a WebREPL address, in lower case. */
export function hostOf(address: Address): string {
  return new URL(address.rest).hostname.toLowerCase();
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
