import type { Address } from '../address';
import type { BoardInfo } from './boardInfo';
import type { Disposable, Event } from '../events';

/** USB descriptors of a port. */
export interface UsbInfo {
  /** Four lower-case hex digits each. */
  readonly vendorId: string;
  readonly productId: string;
  readonly serialNumber?: string;
  readonly manufacturer?: string;
  readonly product?: string;
  /** Interface number, for a device with several ports. */
  readonly interface?: number;
  /** The USB location, in the operating system's notation. */
  readonly location?: string;
}

/** A place where a board can be reached now, as reported by a source. */
export interface Found {
  readonly address: Address;
  /**
   * False: certainly not a board. Listed under "Other ports" and never connected to automatically.
   */
  readonly likely: boolean;
  /** A readable name for the port or the board (`ESP32-S3`, `CP2102 USB to UART`). */
  readonly label?: string;
  readonly usb?: UsbInfo;
  /** Lower-case hex, if the source knows it (MQTT presence, mDNS). */
  readonly uid?: string;
  readonly name?: string;
  /** Known without a connection (MQTT presence). */
  readonly info?: Partial<BoardInfo>;
  /**
   * For boards that are reachable on demand without a permanent connection (MQTT): true if online,
   * false if known but away.
   */
  readonly online?: boolean;
  /** The board said for how long it sleeps, and is not back yet. Only with `online: false`. */
  readonly asleep?: Asleep;
  /**
   * Nothing proves that the board owns the `uid` it reports (open mode), so it never replaces
   * another link.
   */
  readonly unproven?: boolean;
  /**
   * Short facts for the tooltip (`broker: office`, `agent: 1.2.0`, `mode: open`), shown escaped.
   */
  readonly details?: Readonly<Record<string, string>>;
}

/** When a sleeping board is expected. */
export interface Asleep {
  /** Milliseconds since 1970. */
  readonly until: number;
  /** That time has passed, plus an allowance for the board's clock and network. */
  readonly overslept: boolean;
}

/** Discovers boards on one kind of link. */
export interface BoardSource extends Disposable {
  /** All boards that are currently reachable. */
  readonly found: readonly Found[];
  /**
   * Fired when `found` has changed. Changes are coalesced, so that a thousand boards do not cause a
   * thousand events.
   */
  readonly onDidChange: Event<void>;
  /** Starts discovery. Constructors do no I/O. */
  start(): void;
}

/**
 * Placeholder serial numbers that some makers write into every device: zeros, `0001` (CP2102),
 * counted digits.
 */
const PLACEHOLDER = /^(0*1?|f+|0?123456\d*(abcdef)?)$/i;

/**
 * Returns the key of vendor, product and serial number. Undefined if the device has no serial
 * number, or a placeholder.
 */
export function usbKey(usb: UsbInfo | undefined): string | undefined {
  const { vendorId, productId, serialNumber = '' } = usb ?? {};
  if (PLACEHOLDER.test(serialNumber)) return undefined;
  return `usb:${vendorId}:${productId}:${serialNumber}`;
}

/** Returns whether two ports with the same {@link usbKey} belong to one device with several ports. */
export function isOneDevice(a: UsbInfo, b: UsbInfo): boolean {
  const elsewhere =
    a.location !== undefined && b.location !== undefined && a.location !== b.location;
  return a.interface !== b.interface && !elsewhere;
}

/** Returns whether a uid is all zeros or all ones, which chips without an id report. */
export function isPlaceholderUid(uid: string): boolean {
  return /^(0*|f+)$/i.test(uid);
}

/** One way to reach a board. */
export interface Link {
  readonly found: Found;
  /** Whether the port is plugged in, the host is known, or the broker lists the board. */
  readonly present: boolean;
}
