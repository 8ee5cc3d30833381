import * as l10n from '@vscode/l10n';
import type {
  Address,
  DemoAddress,
  MqboardAddress,
  MqttAddress,
  SerialAddress,
  TelnetAddress,
  WebReplAddress,
} from './address';
import { UsageError } from './errors';

const WEBREPL_PORT = 8266; // default of MicroPython's webrepl.start()

/**
 * A Windows port, including the device forms required above COM9: `COM12`, `com12:`, `\\.\COM12`.
 */
const COM_PORT = /^(?:[\\/]{2}[.?][\\/])?(COM\d{1,3}):?$/i;

/** Returns the address of a serial port by its path (`/dev/ttyACM0`, `COM3`, any pty). */
export function serialAddress(text: string): SerialAddress {
  const path = COM_PORT.exec(text)?.[1]?.toUpperCase() ?? text;
  return { kind: 'serial', text: `serial:${path}`, path };
}

/**
 * Parses an address as users type it. A bare path (`/dev/…`, `COM3`) is a serial port. A bare host
 * name or IP address is rejected, because it may be a board's name: see {@link webreplAddress}.
 * @throws UsageError when the text is not an address
 */
export function parseAddress(text: string): Address {
  const trimmed = text.trim();
  if (COM_PORT.test(trimmed) || trimmed.startsWith('/')) return serialAddress(trimmed);
  const match = /^(serial|ws|wss|telnet|mqtt|mqboard|demo):(.+)$/s.exec(trimmed);
  const [, scheme, rest] = match ?? [];
  if (!scheme || !rest) {
    throw new UsageError(l10n.t('"{0}" is not a board\'s address', trimmed), {
      hint: l10n.t(
        'Use serial:PATH, ws://HOST:PORT, wss://HOST:PORT, telnet://HOST, mqtt://BROKER/UID or a name from the tree.',
      ),
    });
  }
  switch (scheme) {
    case 'ws':
    case 'wss':
      return webreplAddress(trimmed);
    case 'telnet':
      return telnetAddress(trimmed);
    case 'serial':
      return serialAddress(rest);
    case 'mqtt':
    case 'mqboard': {
      const [, broker, board] = /^(?:\/\/)?([^/]+)\/(.+)$/s.exec(rest) ?? [];
      if (!broker || !board) {
        throw new UsageError(l10n.t('"{0}" is missing the broker or the board', trimmed), {
          hint: l10n.t('Write it as {0}://BROKER/BOARD.', scheme),
        });
      }
      return scheme === 'mqtt' ? mqttAddress(broker, board) : mqboardAddress(broker, board);
    }
    default:
      return demoAddress(rest);
  }
}

/**
 * An IPv6 address as users write it: with or without brackets, with or without a zone
 * (`fe80::1%eth0`, in URLs `%25eth0`).
 */
const IPV6 =
  /^(wss?:\/\/)?(?:\[([0-9a-f:.]+)(?:%(?:25)?([\w.~-]{1,40}))?\]|([0-9a-f:.]*:[0-9a-f:.]*:[0-9a-f:.]*)(?:%(?:25)?([\w.~-]{1,40}))?(?=$|\/))(.*)$/is;

/**
 * Parses a WebREPL address: `ws://host:port`, `wss://…`, `host`, `host:port` or an IP address; the
 * default port is 8266. Link-local IPv6 addresses need a zone, which URLs cannot hold; it is kept
 * as `ws://[fe80::1%eth0]:8266/`.
 */
export function webreplAddress(text: string): WebReplAddress {
  const six = IPV6.exec(text.trim());
  const zone = six?.[3] ?? six?.[5];
  const plain = six ? `${six[1] ?? ''}[${six[2] ?? six[4]}]${six[6]}` : text.trim();
  const withScheme = /^wss?:\/\//i.test(plain) ? plain : `ws://${plain}`;
  let url: URL;
  try {
    url = new URL(withScheme);
  } catch (cause) {
    throw new UsageError(l10n.t('"{0}" is not a host name, IP address or ws:// address', text), {
      cause,
    });
  }
  // URL drops a port that is its scheme's default (80, 443). If the user wrote one, keep it.
  const given = /^wss?:\/\/(?:\[[^\]]*\]|[^:/?#]*):(\d+)/i.exec(withScheme)?.[1];
  const port = url.port === '' ? (given ?? String(WEBREPL_PORT)) : url.port;
  const path = url.pathname === '' ? '/' : url.pathname;
  const host = zone === undefined ? url.hostname : url.hostname.replace(']', `%${zone}]`);
  const canonical = `${url.protocol}//${host}:${port}${path}`;
  return { kind: 'webrepl', text: canonical };
}

/**
 * Splits a WebREPL address into a URL and, if it has a zone, the address to connect to
 * (`fe80::1%eth0`).
 */
export function webreplUrl({ text }: WebReplAddress): {
  readonly url: URL;
  readonly zoned?: string;
} {
  const [, six = '', zone = ''] = /\[([^%\]]+)(%[^\]]+)\]/.exec(text) ?? [];
  const url = new URL(zone === '' ? text : text.replace(zone, ''));
  return zone === '' ? { url } : { url, zoned: six + zone };
}

/** Port and login name of the telnet server of a WiPy, unless its owner has changed them. */
const TELNET = { port: 23, user: 'micro' };

/**
 * Parses the address of a telnet server: `telnet://HOST`, `telnet://HOST:PORT`,
 * `telnet://USER@HOST`. A password in it is rejected: addresses are kept in the settings.
 * @throws UsageError
 */
export function telnetAddress(text: string): TelnetAddress {
  const [, user = TELNET.user, host, port = String(TELNET.port)] =
    /^telnet:\/\/(?:([!-~]{1,32})@)?(\[[0-9a-f:.]+\]|[\w.-]{1,253})(?::(\d{1,5}))?\/?$/i.exec(
      text.trim(),
    ) ?? [];
  const invalid = host === undefined || Number(port) < 1 || Number(port) > 65_535;
  if (invalid || user.includes(':')) {
    throw new UsageError(l10n.t('"{0}" is not the address of a telnet server', text), {
      hint: l10n.t('Write it as telnet://HOST, telnet://HOST:PORT or telnet://USER@HOST.'),
    });
  }
  const name = user === TELNET.user ? '' : `${user}@`;
  const plain = host.toLowerCase();
  return {
    kind: 'telnet',
    text: `telnet://${name}${plain}:${Number(port)}`,
    user,
    host: plain.replace(/^\[|\]$/g, ''),
    port: Number(port),
  };
}

/**
 * Parses a board on the network as users add it: a telnet server, or WebREPL.
 * @throws UsageError
 */
export function networkAddress(text: string): WebReplAddress | TelnetAddress {
  return /^\s*telnet:/i.test(text) ? telnetAddress(text) : webreplAddress(text);
}

/** Returns the address of a demo board by its number. */
export function demoAddress(id: string): DemoAddress {
  return { kind: 'demo', text: `demo:${id}`, id };
}

/**
 * Returns the address of an agent at a broker; without `uid`, of the broker itself, for its errors.
 */
export function mqttAddress(broker: string, uid = ''): MqttAddress {
  return {
    kind: 'mqtt',
    text: uid === '' ? `mqtt://${broker}` : `mqtt://${broker}/${uid}`,
    broker,
    uid,
  };
}

/** Returns the address of a board with the original mqboard. */
export function mqboardAddress(broker: string, prefix: string): MqboardAddress {
  return { kind: 'mqboard', text: `mqboard://${broker}/${prefix}`, broker, prefix };
}
