/** The transport that reaches a board. `demo` is the WebAssembly board inside the extension. */
export type LinkKind = Address['kind'];

/** Where a board is reached. `text` is canonical and unique: two addresses are the same if their texts are. */
export type Address =
  SerialAddress | WebReplAddress | TelnetAddress | MqttAddress | MqboardAddress | DemoAddress;

/** `serial:/dev/ttyACM0`, `serial:COM3`, any pty. */
export interface SerialAddress {
  readonly kind: 'serial';
  readonly text: string;
  readonly path: string;
}

/** `ws://10.0.0.7:8266/`; `text` is the URL, with the zone of a link-local IPv6 address if it has one. */
export interface WebReplAddress {
  readonly kind: 'webrepl';
  readonly text: string;
}

/** `telnet://192.168.1.1:23`, with another login name than the usual one `telnet://ann@192.168.1.1:23`. */
export interface TelnetAddress {
  readonly kind: 'telnet';
  readonly text: string;
  readonly user: string;
  readonly host: string;
  readonly port: number;
}

/** `mqtt://BROKER/UID`: an agent at a broker, by the broker's id in this computer's settings. */
export interface MqttAddress {
  readonly kind: 'mqtt';
  readonly text: string;
  readonly broker: string;
  /** `machine.unique_id()` in hex. Empty for the broker itself, as in its errors. */
  readonly uid: string;
}

/**
 * `mqboard://BROKER/PREFIX`: a board with the original mqboard, by the prefix of its topics, which
 * may contain slashes.
 */
export interface MqboardAddress {
  readonly kind: 'mqboard';
  readonly text: string;
  readonly broker: string;
  readonly prefix: string;
}

/** `demo:1` */
export interface DemoAddress {
  readonly kind: 'demo';
  readonly text: string;
  readonly id: string;
}

/**
 * Returns the place without its scheme, as settings and texts name it: a port's path, a WebREPL URL, `BROKER/UID`, a
 * number.
 */
export function fullPlace(address: Address): string {
  switch (address.kind) {
    case 'serial':
      return address.path;
    case 'webrepl':
    case 'telnet':
      return address.text;
    case 'mqtt':
      return address.uid === '' ? address.broker : `${address.broker}/${address.uid}`;
    case 'mqboard':
      return `${address.broker}/${address.prefix}`;
    case 'demo':
      return address.id;
  }
}

/**
 * Returns an address as a label: `ttyACM0`, `COM3`, `192.168.1.20`; for a path outside /dev, its
 * last part.
 */
export function shortPlace(address: Address): string {
  switch (address.kind) {
    case 'serial':
      return /^\/dev\/[^/]+$/.test(address.path)
        ? address.path.slice('/dev/'.length)
        : address.path.slice(address.path.lastIndexOf('/') + 1);
    case 'webrepl':
      return address.text.replace(/^wss?:\/\//, '').replace(/(:8266)?\/$/, '');
    case 'telnet':
      return address.port === 23 ? address.host : `${address.host}:${address.port}`;
    case 'mqtt':
    case 'mqboard':
    case 'demo':
      return fullPlace(address);
  }
}

/** Returns whether others on the network can read what passes over a link: telnet, and WebREPL without TLS. */
export function isReadable({ kind, text }: Address): boolean {
  return kind === 'telnet' || (kind === 'webrepl' && !text.startsWith('wss:'));
}
