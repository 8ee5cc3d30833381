import * as l10n from '@vscode/l10n';
import { type AgentErrorCode, ERROR_CODES } from '../../core/agent';
import { CancelledError, FileError, FleetError, ProgramRunningError } from '../../core/errors';

/** A refused request of a colleague, with the protocol's code (docs/protocol.md section 5). */
export class Refusal extends Error {
  constructor(
    readonly code: AgentErrorCode,
    message: string,
    readonly details: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
  }
}

/** Maximum length of a refusal's text, so that it fits into every frame. */
const MAX_TEXT = 200;
const MAX_PATH = 255;

/**
 * Names of FileError without a code in the protocol, and the errno that tells a host what was
 * meant.
 */
const BY_NUMBER: Readonly<Record<string, readonly [AgentErrorCode, number]>> = {
  ENODEV: ['EIO', 19],
  EPERM: ['EIO', 1],
  EACCES: ['EROFS', 13],
};

/**
 * Returns the code and the payload of ERR for any error. Only texts of this product and of the
 * board are sent.
 */
export function explain(error: unknown): { code: AgentErrorCode; payload: Uint8Array } {
  const { code, details, message } = toRefusal(error);
  const body = { c: code, m: message.slice(0, MAX_TEXT), ...details };
  return { code, payload: Buffer.from(JSON.stringify(body)) };
}

function toRefusal(error: unknown): Pick<Refusal, 'code' | 'details' | 'message'> {
  if (error instanceof Refusal) return error;
  if (error instanceof ProgramRunningError) {
    return { code: 'EBUSY', details: { app: 1 }, message: 'a program runs on the board' };
  }
  if (error instanceof CancelledError)
    return { code: 'ECANCEL', details: {}, message: 'cancelled' };
  if (error instanceof FileError) {
    const [code, e] = BY_NUMBER[error.errno] ?? [error.errno as AgentErrorCode];
    const isKnown = ERROR_CODES.includes(code);
    const details = {
      ...(error.path.length > 0 && error.path.length <= MAX_PATH ? { p: error.path } : {}),
      ...(e === undefined ? {} : { e }),
    };
    return { code: isKnown ? code : 'EFAIL', details, message: error.message };
  }
  const message = error instanceof FleetError ? error.message : l10n.t('the request failed');
  return { code: 'EFAIL', details: {}, message };
}

/**
 * Returns the error for operations that a board on a cable cannot do for colleagues. `shared` tells
 * the host why.
 */
export function notServed(): Refusal {
  return new Refusal('ENOSYS', 'not served for a board that is shared from a cable', { shared: 1 });
}
