import { UsageError } from './errors';

/** Which transport reaches a board. `demo` is the WebAssembly board inside the extension. */
export type LinkKind = 'serial' | 'webrepl' | 'mqtt' | 'mqboard' | 'demo';

/**
 * Where a board is reached. `text` is canonical and unique, e.g. `serial:/dev/ttyACM0`, `ws://10.0.0.7:8266/`,
 * `mqtt://broker-id/uid`, `mqboard://broker-id/prefix`, `demo:1`. `rest` is what follows the scheme.
 */
export interface Address {
  readonly kind: LinkKind;
  readonly text: string;
  readonly rest: string;
}

const WEBREPL_PORT = 8266; // MicroPython's webrepl.start() default

/** The address of a serial port by its path (`/dev/ttyACM0`, `COM3`, any pty). */
export function serialAddress(path: string): Address {
  return { kind: 'serial', text: `serial:${path}`, rest: path };
}

/**
 * Reads an address as users type it. A bare path (`/dev/…`, `COM3`) is a serial port; a bare host name or IP is not
 * taken here, since it may be a board's name: see {@link webreplAddress}.
 * @throws UsageError when the text is no address.
 */
export function parseAddress(text: string): Address {
  const trimmed = text.trim();
  if (/^(\/dev\/|\/|COM\d+$)/i.test(trimmed)) return serialAddress(trimmed);
  const match = /^(serial|ws|wss|mqtt|mqboard|demo):(.+)$/s.exec(trimmed);
  const [, scheme, rest] = match ?? [];
  if (!scheme || !rest) {
    throw new UsageError(`"${trimmed}" is not a board's address`, {
      hint: 'Use serial:PATH, ws://HOST:PORT, wss://HOST:PORT, mqtt://BROKER/UID or a name that is in the tree.',
    });
  }
  switch (scheme) {
    case 'ws':
    case 'wss':
      return webreplAddress(trimmed);
    case 'serial':
      return serialAddress(rest);
    case 'mqtt':
    case 'mqboard': {
      const path = rest.replace(/^\/\//, '');
      if (!/^[^/]+\/.+$/.test(path)) {
        throw new UsageError(`"${trimmed}" lacks the broker or the board`, {
          hint: `Write it as ${scheme}://BROKER/BOARD.`,
        });
      }
      return { kind: scheme, text: `${scheme}://${path}`, rest: path };
    }
    default:
      return { kind: 'demo', text: `demo:${rest}`, rest };
  }
}

/** A WebREPL address from `ws://host:port`, `wss://…`, `host`, `host:port` or an IP address; port 8266 unless given. */
export function webreplAddress(text: string): Address {
  const withScheme = /^wss?:\/\//i.test(text.trim()) ? text.trim() : `ws://${text.trim()}`;
  let url: URL;
  try {
    url = new URL(withScheme);
  } catch (cause) {
    throw new UsageError(`"${text}" is not a host name, IP address or ws:// address`, { cause });
  }
  // URL drops a port that is its scheme's default (80, 443): then the user wrote it, and it stays.
  const given = /^wss?:\/\/(?:\[[^\]]*\]|[^:/?#]*):(\d+)/i.exec(withScheme)?.[1];
  const port = url.port === '' ? (given ?? String(WEBREPL_PORT)) : url.port;
  const path = url.pathname === '' ? '/' : url.pathname;
  const canonical = `${url.protocol}//${url.hostname}:${port}${path}`;
  return { kind: 'webrepl', text: canonical, rest: canonical };
}

/** An address as a label: `ttyACM0`, `COM3`, `192.168.1.20`; a path elsewhere with its last two parts. */
export function shortPlace(address: Address): string {
  switch (address.kind) {
    case 'serial':
      return /^\/dev\/[^/]+$/.test(address.rest)
        ? address.rest.slice('/dev/'.length)
        : address.rest.split('/').slice(-2).join('/');
    case 'webrepl':
      return address.rest.replace(/^wss?:\/\//, '').replace(/(:8266)?\/$/, '');
    case 'mqtt':
    case 'mqboard':
    case 'demo':
      return address.rest;
  }
}
