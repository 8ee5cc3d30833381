import { fullPlace, type SerialAddress } from '../../core/address';
import { ConnectError } from '../../core/errors';
import type { Log } from '../../core/log';
import { StreamTransport } from '../../core/repl';
import type { Transport } from '../../core/transport';
import { portHolders } from './portHolder';
import { BITS_PER_BYTE, openSerial } from './serialStream';

/** The rate of MicroPython ports with a UART; USB CDC ignores it. */
export const DEFAULT_BAUD_RATE = 115_200;

/** Returns the transport for a serial port. The `serialport` package is loaded on opening. */
export function serialTransport(
  address: SerialAddress,
  log: Log,
  baudRate: number = DEFAULT_BAUD_RATE,
): Transport {
  return new StreamTransport({
    address,
    log,
    lineRate: baudRate / BITS_PER_BYTE,
    open: (signal) => openSerial(address, baudRate, log, signal).catch(nameHolders),
  });
}

/** Adds to the error of a port in use the programs that have it open. @throws always */
export async function nameHolders(error: unknown): Promise<never> {
  if (!(error instanceof ConnectError) || error.reason !== 'busy') throw error;
  const holders = await portHolders(fullPlace(error.address));
  if (holders.length === 0) throw error;
  const { address, reason, message, hint, cause } = error;
  throw new ConnectError(address, reason, `${message}: ${holders.join(', ')}`, { hint, cause });
}
