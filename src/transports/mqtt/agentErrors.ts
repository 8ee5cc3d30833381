import * as l10n from '@vscode/l10n';
import type { Address } from '../../core/address';
import { type AgentError, quotedAgentNames } from '../../core/agent';
import {
  CancelledError,
  ConnectError,
  ConnectionLostError,
  FileError,
  FleetError,
  ProgramRunningError,
  ProtocolError,
  TimeoutError,
} from '../../core/errors';
import { fileError } from '../../core/files';

/** The board's agent refused for a reason without its own class. */
export class AgentRefusedError extends FleetError {
  readonly code = 'agentRefused';
}

/** Errors that a file system reports on any link. EBUSY and ENOMEM have a broader meaning here. */
const OF_FILES: ReadonlySet<string> = new Set([
  ...['ENOENT', 'EEXIST', 'ENOSPC', 'EISDIR', 'ENOTDIR', 'ENOTEMPTY', 'EROFS', 'EINVAL', 'EIO'],
]);

/**
 * Errno values for a path where nothing is mounted. The agent's codes have no names for them, so
 * its `e` contains the number.
 */
const NO_PLACE: ReadonlyMap<unknown, string> = new Map([
  [1, 'EPERM'],
  [19, 'ENODEV'],
]);

/**
 * Converts an ERR of the agent (docs/protocol.md section 5) to a typed error. `about`: the path of
 * the request, for answers that do not name one.
 */
export function agentError(error: AgentError, about = ''): Error {
  const path = error.path ?? about;
  const place = OF_FILES.has(error.code) ? NO_PLACE.get(error.details.e) : undefined;
  if (place !== undefined && path !== '') return fileError(place, path);
  if (OF_FILES.has(error.code) && path !== '') return fileError(error.code, path);
  switch (error.code) {
    case 'EBUSY':
      return error.details.app
        ? new ProgramRunningError(l10n.t('the board'))
        : new FileError(
            'EBUSY',
            path,
            l10n.t('{0} is in use by another request', path || 'The board'),
            {
              hint: l10n.t('Another computer is working with this board. Try again in a moment.'),
            },
          );
    case 'ENOMEM':
      return new FileError('ENOMEM', path, l10n.t('The board has run out of memory'), {
        hint: l10n.t(
          'Stop its program or reset the board, and try again. The agent takes about 50 KiB while it works; if the program leaves less, use the board by cable.',
        ),
      });
    case 'EROLE':
      if (error.details.cable) {
        return new AgentRefusedError(
          l10n.t('{0} may contain keys or passwords, so it is not read through a broker', path),
          { hint: l10n.t('Connect the board by cable to read it.') },
        );
      }
      return new AgentRefusedError(
        l10n.t("This computer's key for the board does not allow this"),
        {
          hint: l10n.t("Ask the board's administrator for a key with more rights."),
        },
      );
    case 'EVERIFY':
      // The agent has one code for a damaged file and for the image of another chip.
      if (error.message.includes('not for this chip')) {
        return new AgentRefusedError(l10n.t('The image is not for the chip of this board'), {
          hint: l10n.t('Nothing was changed. Choose the update image for this board.'),
        });
      }
      return new ProtocolError(l10n.t('{0} was corrupted in transit', path || 'The file'), {
        hint: l10n.t('Nothing was changed. Try again.'),
      });
    case 'ETIMEOUT':
      return new TimeoutError(l10n.t('The request reached the board too late and was not run'), {
        hint: l10n.t('The network was slow. Try again.'),
      });
    case 'ECANCEL':
      return new CancelledError();
    case 'ENOSYS':
      if (error.details.shared !== 1) return refused(error);
      return new AgentRefusedError(
        l10n.t('This is not possible while a colleague shares the board over their cable'),
        { hint: l10n.t('The colleague can do it at the computer that has the cable.') },
      );
    case 'ESTALE':
      return new ConnectionLostError(l10n.t('The board has restarted'), {
        hint: l10n.t('Try again.'),
      });
    default:
      return refused(error);
  }
}

function refused(error: AgentError): AgentRefusedError {
  return new AgentRefusedError(
    l10n.t(
      "The board's agent reports {0}{1}",
      error.code,
      error.message ? `: ${quotedAgentNames(error.message)}` : '',
    ),
  );
}

/**
 * Returns the error of an operation that ended because the board left the broker. `why`: see Gone.
 */
export function left(why: string): ConnectionLostError {
  if (why !== 'unplugged') return restarted();
  return new ConnectionLostError(
    l10n.t('The board was unplugged from the computer that shares it'),
    { hint: l10n.t('Ask the colleague who shares it.') },
  );
}

/** Returns the error of an operation that ended because the board restarted. */
export function restarted(): ConnectionLostError {
  return new ConnectionLostError(l10n.t('The board has restarted'), {
    hint: l10n.t('The operation was interrupted. Try again.'),
  });
}

/** Creates the error for a board whose agent is too old for the request. */
export function olderProtocol(): AgentRefusedError {
  return new AgentRefusedError(
    l10n.t('The agent on this board speaks protocol 1, which is not secure enough'),
    {
      hint: l10n.t('Update the agent over the air. Until then the board is read-only.'),
    },
  );
}

function address(uid: string): Address {
  return { kind: 'mqtt', text: `mqtt:${uid}`, broker: '', uid };
}

/** Returns the error for a board that requires signatures if this computer has no key for it. */
export function keyNeeded(uid: string, name: string): ConnectError {
  return new ConnectError(
    address(uid),
    'passwordNeeded',
    l10n.t('This computer has no key for {0}', name || uid),
    {
      hint: l10n.t(
        'Import the key from the computer that put the agent on the board, or put the agent on it again over USB.',
      ),
    },
  );
}

/**
 * Returns the error for a board without encryption if the broker's profile requires it: an older agent, a firmware without
 * AES, or open mode.
 */
export function cannotEncrypt(uid: string, name: string): ConnectError {
  return new ConnectError(
    address(uid),
    'other',
    l10n.t(
      '{0} cannot encrypt its messages, which the settings of its broker require',
      name || uid,
    ),
    {
      hint: l10n.t(
        'Nothing was sent to it. Update its agent, or its firmware if that has no AES; to update over the air, set "encrypt" of the broker to "preferred" meanwhile.',
      ),
    },
  );
}

/**
 * Returns the error for a board that rejects our key, or claims to need none although we have one.
 */
export function keyRefused(uid: string, name: string, mode: 'open' | 'signed'): ConnectError {
  const who = name || uid;
  return mode === 'open'
    ? new ConnectError(
        address(uid),
        'wrongPassword',
        l10n.t('{0} claims to need no key, but this computer has one for it', who),
        {
          hint: l10n.t(
            'Another device may be impersonating this board. If it was set to open mode on purpose, forget its key first.',
          ),
        },
      )
    : new ConnectError(
        address(uid),
        'wrongPassword',
        l10n.t("{0} does not accept this computer's key", who),
        {
          hint: l10n.t(
            "The agent may have been installed again from another computer: import the board's new key.",
          ),
        },
      );
}
