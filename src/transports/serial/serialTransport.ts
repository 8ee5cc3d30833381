import * as l10n from '@vscode/l10n';
import { fullPlace, type SerialAddress } from '../../core/address';
import { ConnectError } from '../../core/errors';
import type { Log } from '../../core/log';
import { StreamTransport } from '../../core/repl';
import type { ByteStream, Transport } from '../../core/transport';
import { hasModemManager, permissionHint } from './openHints';
import { portHolders } from './portHolder';
import { BITS_PER_BYTE, openSerial } from './serialStream';

/** The rate of MicroPython ports with a UART; USB CDC ignores it. */
export const DEFAULT_BAUD_RATE = 115_200;

const modemManager = () =>
  l10n.t(
    'ModemManager opens new ports for some seconds to look for modems: connect again in half a minute. If that does not help, close other programs that have the port open, or run "sudo systemctl disable --now ModemManager" if this computer has no modem.',
  );

/**
 * Returns the transport for a serial port. The `serialport` package is loaded on opening.
 * @param over wraps the opened port
 */
export function serialTransport(
  address: SerialAddress,
  log: Log,
  baudRate: number = DEFAULT_BAUD_RATE,
  over: (line: ByteStream) => ByteStream = (line) => line,
): Transport {
  return new StreamTransport({
    address,
    log,
    lineRate: baudRate / BITS_PER_BYTE,
    open: (signal) => openSerial(address, baudRate, log, signal).then(over, explained),
  });
}

/** Adds to the error which programs have the port open, or which group may open it. @throws always */
export async function explained(error: unknown): Promise<never> {
  if (!(error instanceof ConnectError)) throw error;
  const { address, reason, message, cause } = error;
  const port = fullPlace(address);
  if (reason === 'permission' && process.platform === 'linux') {
    const hint = (await permissionHint(port)) ?? error.hint;
    throw new ConnectError(address, reason, message, { ...(hint ? { hint } : {}), cause });
  }
  if (reason !== 'busy') throw error;
  const holders = await portHolders(port);
  const who = holders.length > 0 ? `: ${holders.join(', ')}` : '';
  const hint = who === '' && (await hasModemManager()) ? modemManager() : error.hint;
  throw new ConnectError(address, reason, message + who, { ...(hint ? { hint } : {}), cause });
}
