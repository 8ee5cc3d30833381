import * as l10n from '@vscode/l10n';
import type { SerialAddress } from '../../core/address';
import { ConnectError } from '../../core/errors';

const joinGroup = () =>
  l10n.t(
    'Add your user to the group that owns the port (Debian, Ubuntu: "sudo usermod -a -G dialout $USER"; Arch: group uucp), then log out and in again.',
  );

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
      l10n.t('Another program is using {0}', port),
      l10n.t(
        'Close the other serial monitor, terminal or IDE that has this port open, then connect again.',
      ),
    );
  }
  if (/permission denied|EACCES|not permitted|EPERM|access.*denied/i.test(said)) {
    return fail(
      'permission',
      l10n.t('You may not open {0}', port),
      platform === 'linux' ? joinGroup() : l10n.t('Check the permissions of the port.'),
    );
  }
  if (/no such file|ENOENT|ENXIO|ENODEV|file not found|cannot find/i.test(said)) {
    return fail(
      'notFound',
      l10n.t('Port {0} does not exist', port),
      l10n.t('Plug the board in, or choose another port.'),
    );
  }
  return fail(
    'other',
    l10n.t('{0} cannot be opened: {1}', port, said),
    l10n.t('Unplug the board and plug it in again.'),
  );
}
