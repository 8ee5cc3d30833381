import type { SerialAddress } from '../../core/address';
import { ConnectError } from '../../core/errors';

const JOIN_GROUP =
  'Add your user to the group that owns the port (Debian, Ubuntu: "sudo usermod -a -G dialout $USER"; Arch: group uucp), then log out and in again.';

/** Converts an error on opening a serial port to one with a helpful message. `error` comes from serialport. */
export function openError(
  address: SerialAddress,
  error: Error,
  platform: NodeJS.Platform = process.platform,
): ConnectError {
  const said = error.message;
  const fail = (reason: ConnectError['reason'], message: string, hint: string) =>
    new ConnectError(address, reason, message, { hint, cause: error });
  const port = address.path;
  // Windows reports "Access denied" for a port that another program has open.
  if (
    /cannot lock|EBUSY|resource busy|temporarily unavailable/i.test(said) ||
    (platform === 'win32' && /access.*denied/i.test(said))
  ) {
    return fail(
      'busy',
      `Another program is using ${port}`,
      'Close the other serial monitor, terminal or IDE that has this port open, then connect again.',
    );
  }
  if (/permission denied|EACCES|not permitted|EPERM|access.*denied/i.test(said)) {
    return fail(
      'permission',
      `You may not open ${port}`,
      platform === 'linux' ? JOIN_GROUP : 'Check the permissions of the port.',
    );
  }
  if (/no such file|ENOENT|ENXIO|ENODEV|file not found|cannot find/i.test(said)) {
    return fail(
      'notFound',
      `Port ${port} does not exist`,
      'Plug the board in, or choose another port.',
    );
  }
  return fail(
    'other',
    `${port} cannot be opened: ${said}`,
    'Unplug the board and plug it in again.',
  );
}
