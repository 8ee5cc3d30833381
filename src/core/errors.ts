import type { Address } from './address';

/** Base of every error that this product raises on purpose. `message` says what happened, `hint` what to do next. */
export abstract class FleetError extends Error {
  abstract readonly code: string;
  readonly hint: string | undefined;

  constructor(message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.hint = options.hint;
  }
}

/** Why a link could not be opened. */
export type ConnectReason =
  | 'busy' // another program has the port, or another client the WebREPL
  | 'permission'
  | 'notFound'
  | 'wrongPassword'
  | 'passwordNeeded'
  | 'notABoard' // something answers, but no MicroPython
  | 'refused'
  | 'noAnswer'
  | 'unsupported'
  | 'other';

/** A link could not be opened. */
export class ConnectError extends FleetError {
  readonly code = 'connect';

  constructor(
    readonly address: Address,
    readonly reason: ConnectReason,
    message: string,
    options: { hint?: string; cause?: unknown } = {},
  ) {
    super(message, options);
  }
}

/** An open link ended by itself. */
export class ConnectionLostError extends FleetError {
  readonly code = 'connectionLost';
}

/** Nothing was heard from the board for as long as the step at hand allows. */
export class TimeoutError extends FleetError {
  readonly code = 'timeout';
}

/** Python code raised an exception on the board. */
export class PythonError extends FleetError {
  readonly code = 'python';

  constructor(
    /** The traceback as the board printed it. */
    readonly traceback: string,
    /** Class name of the exception ('' when the text holds none), and what it said. */
    readonly type: string,
    readonly detail: string,
  ) {
    super(detail ? `${type}: ${detail}` : type || 'the board reported an error');
  }
}

/** A file operation failed on the board. `errno` is the POSIX name, whatever number the port uses for it. */
export class FileError extends FleetError {
  readonly code = 'file';

  constructor(
    readonly errno:
      | 'ENOENT'
      | 'EEXIST'
      | 'ENOSPC'
      | 'EISDIR'
      | 'ENOTDIR'
      | 'ENOTEMPTY'
      | 'EROFS'
      | 'EINVAL'
      | 'EBUSY'
      | 'EIO'
      | 'EACCES'
      | 'ENOMEM',
    readonly path: string,
    message: string,
    options: { hint?: string; cause?: unknown } = {},
  ) {
    super(message, options);
  }
}

/** Bytes arrived that the protocol does not allow, or data did not arrive as it was sent. */
export class ProtocolError extends FleetError {
  readonly code = 'protocol';
}

/** The user (or the caller's AbortSignal) called it off. */
export class CancelledError extends FleetError {
  readonly code = 'cancelled';

  constructor(message = 'Cancelled') {
    super(message);
  }
}

/** The operation needs the prompt, a program is running, and nobody has allowed to stop it. */
export class ProgramRunningError extends FleetError {
  readonly code = 'programRunning';

  constructor(boardName: string) {
    super(`A program is running on ${boardName}`, {
      hint: 'Stop the program first, or allow it to be stopped.',
    });
  }
}

/** What the user asked for makes no sense as it stands (a name that matches nothing, a bad pattern). */
export class UsageError extends FleetError {
  readonly code = 'usage';
}

/** `error` as an Error, for catch clauses, which may catch anything. */
export function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
