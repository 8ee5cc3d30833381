import type { Event } from '../events';

/** State of DTR and RTS to set. True: asserted, that is, low at the chip. */
export interface Lines {
  readonly dtr: boolean;
  readonly rts: boolean;
}

/** A serial port for flashing, with its speed and its control lines. */
export interface FlashPort {
  readonly path: string;
  /** Vendor and product id of the USB device behind it, four hex digits each. */
  readonly usb?: { readonly vendorId: string; readonly productId: string };
  readonly onData: Event<Uint8Array>;
  /** Fired once with the cause when the port is lost. */
  readonly onClose: Event<Error | undefined>;
  /** Opens the port. @throws ConnectError */
  open(baudRate: number, signal?: AbortSignal): Promise<void>;
  write(data: Uint8Array): Promise<void>;
  setBaudRate(baudRate: number): Promise<void>;
  /**
   * Sets the modem lines. Returns false if this port has no such lines (an emulator's terminal).
   */
  setLines(lines: Lines): Promise<boolean>;
  /** Asks the system whether the device still exists, which it may not have reported yet ({@link onClose}). */
  isThere(): Promise<boolean>;
  close(): Promise<void>;
}

/** Returns the port of a path without opening it. */
export type FlashPortFactory = (path: string, usb?: FlashPort['usb']) => Promise<FlashPort>;
