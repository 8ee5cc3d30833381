import type { Address } from '../../core/address';
import type { Log } from '../../core/log';
import { StreamTransport } from '../../core/repl/streamTransport';
import type { Transport } from '../../core/transport';
import { BITS_PER_BYTE, openSerial } from './serialStream';

/** What MicroPython ports with a UART use; USB CDC ignores it. */
export const DEFAULT_BAUD_RATE = 115_200;

/** The transport for a serial port. The `serialport` package is loaded when it is opened. */
export function serialTransport(
  address: Address,
  log: Log,
  baudRate: number = DEFAULT_BAUD_RATE,
): Transport {
  return new StreamTransport({
    address,
    log,
    lineRate: baudRate / BITS_PER_BYTE,
    open: (signal) => openSerial(address, baudRate, log, signal),
  });
}
