import type { Address } from '../../core/address';
import { ConnectError } from '../../core/errors';
import type { Log } from '../../core/log';
import { StreamTransport } from '../../core/repl/streamTransport';
import type { Transport } from '../../core/transport';
import { portHolders } from './portHolder';
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
    open: (signal) => openSerial(address, baudRate, log, signal).catch(nameHolders),
  });
}

/** Of a port that is in use, the programs that have it are told. */
async function nameHolders(error: unknown): Promise<never> {
  if (!(error instanceof ConnectError) || error.reason !== 'busy') throw error;
  const holders = await portHolders(error.address.rest);
  if (holders.length === 0) throw error;
  const { address, reason, message, hint, cause } = error;
  throw new ConnectError(address, reason, `${message}: ${holders.join(', ')}`, { hint, cause });
}
