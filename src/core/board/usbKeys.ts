import { fullPlace } from '../address';
import type { Board } from './board';
import { isOneDevice, usbKey, type Found } from './discovery';

/**
 * An identity that several boards turned out to share. From then on, these boards are identified by
 * their ports.
 */
export interface SharedIdentity {
  readonly what: 'serialNumber' | 'uid';
  readonly value: string;
  /** The boards' displayed names, or their ports. */
  readonly of: readonly string[];
}

/** Returns a one-line description in English, for logs and the command line. */
export function sharedWords({ what, value, of }: SharedIdentity): string {
  const id = what === 'uid' ? 'unique id' : 'USB serial number';
  return `${of.join(' and ')} have the same ${id} ${value}: the port tells them apart`;
}

/**
 * USB keys of ports, except those that several devices share: cheap adapters have identical serial
 * numbers.
 */
export class UsbKeys {
  readonly #shared = new Set<string>();

  /** Takes all current ports and returns the serial numbers newly found to be shared. */
  see(all: readonly Found[]): SharedIdentity[] {
    const byKey = new Map<string, Found[]>();
    for (const found of all) {
      const key = usbKey(found.usb);
      if (key !== undefined) byKey.set(key, [...(byKey.get(key) ?? []), found]);
    }
    const fresh: SharedIdentity[] = [];
    for (const [key, ports] of byKey) {
      if (this.#shared.has(key) || !hasTwoDevices(ports)) continue;
      this.#shared.add(key);
      const of = ports.map((port) => fullPlace(port.address));
      fresh.push({ what: 'serialNumber', value: ports[0]?.usb?.serialNumber ?? '', of });
    }
    return fresh;
  }

  /** Returns the key of a port; undefined if it does not distinguish its device from others. */
  of(found: Found): string | undefined {
    const key = usbKey(found.usb);
    return key !== undefined && this.#shared.has(key) ? undefined : key;
  }
}

function hasTwoDevices(ports: readonly Found[]): boolean {
  return ports.some((a, i) =>
    ports.slice(i + 1).some((b) => a.usb && b.usb && !isOneDevice(a.usb, b.usb)),
  );
}

/** Boards with the same unique id: clones, and flash chips that all report the same value. */
export class Twins {
  /** Unique ids shared by several boards, which therefore identify none of them. */
  readonly #shared = new Set<string>();

  constructor(private readonly keys: UsbKeys) {}

  /**
   * Records that `board` reports `uid`. Returns undefined if the uid identifies it. Otherwise this
   * board and the earlier one are identified only by their ports from now on; `shared` is set the
   * first time.
   */
  toldApart(
    board: Board,
    uid: string,
    all: readonly Board[],
  ): { shared?: SharedIdentity } | undefined {
    const twin = all.find((b) => b !== board && b.uid === uid && this.#areTwo(board, b));
    if (!twin && !this.#shared.has(uid)) return undefined;
    const fresh = !this.#shared.has(uid);
    this.#shared.add(uid);
    board.withoutUid();
    twin?.withoutUid();
    const of = [board, ...(twin ? [twin] : [])].map((b) => b.name);
    return fresh ? { shared: { what: 'uid', value: uid, of } } : {};
  }

  /** Returns whether both boards are open, each over its own cable. */
  #areTwo(a: Board, b: Board): boolean {
    const [one, other] = [a, b].map(({ transport, links }) => {
      const open = links.find((l) => l.found.address.text === transport?.address.text);
      return open?.found.address.kind === 'serial' ? open.found : undefined;
    });
    if (!one || !other) return false;
    const key = this.keys.of(one);
    return key === undefined || key !== this.keys.of(other);
  }
}
