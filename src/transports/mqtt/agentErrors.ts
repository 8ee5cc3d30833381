import type { Address } from '../../core/address';
import { quotedAgentNames } from '../../core/agent/agentNames';
import type { AgentError } from '../../core/agent/agentProtocol';
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
import { fileError } from '../../core/files/fileErrors';

/** The board's agent refuses for a reason that has no class of its own. */
export class AgentRefusedError extends FleetError {
  readonly code = 'agentRefused';
}

/** What a file system reports, whatever link it comes over. EBUSY and ENOMEM mean more here. */
const OF_FILES: ReadonlySet<string> = new Set([
  ...['ENOENT', 'EEXIST', 'ENOSPC', 'EISDIR', 'ENOTDIR', 'ENOTEMPTY', 'EROFS', 'EINVAL', 'EIO'],
]);

/**
 * An ERR of the agent (docs/protocol.md section 5) as the error that the rest of the product knows. `about`: the path that the
 * request was about, for an answer that names none.
 */
export function agentError(error: AgentError, about = ''): Error {
  const path = error.path ?? about;
  if (OF_FILES.has(error.code) && path !== '') return fileError(error.code, path);
  switch (error.code) {
    case 'EBUSY':
      return error.details.app
        ? new ProgramRunningError('the board')
        : new FileError('EBUSY', path, `${path || 'The board'} is in use by another request`, {
            hint: 'Another computer works with this board now. Try again in a moment.',
          });
    case 'ENOMEM':
      return new FileError('ENOMEM', path, 'The board has no memory left for this', {
        hint: 'Stop what runs on it, or reset it, and try again.',
      });
    case 'EROLE':
      return new AgentRefusedError("This computer's key for the board does not allow this", {
        hint: 'Ask who administers the board for a key with more rights.',
      });
    case 'EVERIFY':
      return new ProtocolError(`${path || 'The file'} did not arrive as it was sent`, {
        hint: 'Nothing was changed. Try again.',
      });
    case 'ETIMEOUT':
      return new TimeoutError('The board got the request too late and did not run it', {
        hint: 'The network was slow. Try again.',
      });
    case 'ECANCEL':
      return new CancelledError();
    case 'ESTALE':
      return new ConnectionLostError('The board has restarted', { hint: 'Try again.' });
    default:
      return new AgentRefusedError(
        `The board's agent says ${error.code}${error.message ? `: ${quotedAgentNames(error.message)}` : ''}`,
      );
  }
}

function address(uid: string): Address {
  return { kind: 'mqtt', text: `mqtt:${uid}`, rest: uid };
}

/** The board signs, and this computer has no key for it. */
export function keyNeeded(uid: string, name: string): ConnectError {
  return new ConnectError(
    address(uid),
    'passwordNeeded',
    `There is no key for ${name || uid} here`,
    {
      hint: 'Import the key from the computer that put the agent on the board, or put the agent on it again over USB.',
    },
  );
}

/** The board does not take our key; or claims to need none although we have one. */
export function keyRefused(uid: string, name: string, mode: 'open' | 'signed'): ConnectError {
  const who = name || uid;
  return mode === 'open'
    ? new ConnectError(
        address(uid),
        'wrongPassword',
        `${who} says it needs no key, but this computer has one for it`,
        {
          hint: 'Somebody may pretend to be this board. If it was set to open mode on purpose, forget its key first.',
        },
      )
    : new ConnectError(
        address(uid),
        'wrongPassword',
        `${who} does not accept this computer's key`,
        {
          hint: 'The board may have been set up again elsewhere: import its new key.',
        },
      );
}
