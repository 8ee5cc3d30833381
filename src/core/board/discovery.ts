import type { Address } from '../address';
import type { BoardInfo } from './boardInfo';
import type { Disposable, Event } from '../events';

/** What USB says of a port. */
export interface UsbInfo {
  /** Four lower-case hex digits each. */
  readonly vendorId: string;
  readonly productId: string;
  readonly serialNumber?: string;
  readonly manufacturer?: string;
  readonly product?: string;
}

/** A place where a board can be reached right now, as a source sees it. */
export interface Found {
  readonly address: Address;
  /** Surely no board when false: folded under "Other ports", never connected to by itself. */
  readonly likely: boolean;
  /** A nice name for the port or the board (`ESP32-S3`, `CP2102 USB to UART`). */
  readonly label?: string;
  readonly usb?: UsbInfo;
  /** Lower-case hex, where the source knows it (MQTT presence, mDNS). */
  readonly uid?: string;
  readonly name?: string;
  /** Known without a connection (MQTT presence). */
  readonly info?: Partial<BoardInfo>;
  /** Reachable on demand without holding a connection each (MQTT): true online, false known but away. */
  readonly online?: boolean;
  /** Short facts for the tooltip (`broker: office`, `agent: 1.2.0`, `mode: open`), shown escaped. */
  readonly details?: Readonly<Record<string, string>>;
}

/** Finds boards on one kind of link. */
export interface BoardSource extends Disposable {
  /** All that is there now. */
  readonly found: readonly Found[];
  /** Fired when `found` has changed; coalesced, so that a thousand boards are not a thousand events. */
  readonly onDidChange: Event<void>;
  /** Begins looking. Constructors do no I/O. */
  start(): void;
}

/** Two boards cannot share this: vendor, product and serial number. Undefined for adapters without a serial number. */
export function usbKey(usb: UsbInfo | undefined): string | undefined {
  return usb?.serialNumber ? `usb:${usb.vendorId}:${usb.productId}:${usb.serialNumber}` : undefined;
}
