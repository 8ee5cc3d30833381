import type { SerialPort } from 'serialport';
import type { Log } from '../../core/log';

/** Vendors of USB to UART chips. Boards often wire their DTR and RTS to the reset and boot pins, and the UART needs neither line. */
const UART_VENDORS = new Set(['1a86', '10c4', '0403', '067b']);
/**
 * Espressif's USB serial/JTAG unit (C3, C6, H2, S3 …) and ROM loaders. They use DTR and RTS for reset and boot mode, and send without
 * them.
 */
const LINES_RESET = new Set(['303a:1001', '303a:0002', '303a:0009', '303a:1000']);

/** USB ids as Windows lists them: four hex digits each. */
export interface UsbIds {
  readonly vendorId?: string | undefined;
  readonly productId?: string | undefined;
}

/**
 * Returns whether a board sends output only while DTR is up: USB CDC of the chip itself (RP2, SAMD, nRF, STM32, ESP32-S2/S3 with TinyUSB).
 * False for unknown ids (a UART of the computer, a virtual port), whose lines stay unchanged.
 */
export function needsDtr({ vendorId, productId }: UsbIds): boolean {
  if (!vendorId || !productId) return false;
  const vendor = vendorId.toLowerCase();
  return !UART_VENDORS.has(vendor) && !LINES_RESET.has(`${vendor}:${productId.toLowerCase()}`);
}

/**
 * Raises DTR of an open port on Windows, where serialport's `hupcl: false` opens a port with both lines down (its
 * serialport_win.cpp: DTR_CONTROL_DISABLE, RTS_CONTROL_DISABLE). RTS stays down: no board needs it, and Espressif's chips start their
 * ROM loader when RTS falls after DTR, which closing a port may cause. On other systems the driver raises both on opening.
 */
export async function raiseDtr(
  port: SerialPort,
  list: () => Promise<readonly ({ readonly path: string } & UsbIds)[]>,
  log: Log,
): Promise<void> {
  if (process.platform !== 'win32') return;
  try {
    const ids = (await list()).find((p) => p.path.toUpperCase() === port.path.toUpperCase());
    if (!ids || !needsDtr(ids)) return;
    await new Promise<void>((resolve, reject) => {
      port.set({ dtr: true, rts: false }, (error) => (error ? reject(error) : resolve()));
    });
  } catch (error) {
    log.warn(`DTR of ${port.path} cannot be raised: ${String(error)}`);
  }
}
