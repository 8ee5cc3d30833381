import * as l10n from '@vscode/l10n';
import type { Address } from './address';

/**
 * Base class of every error that this product throws deliberately. `message` says what happened,
 * `hint` what to do next.
 */
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
  | 'notABoard' // something answers, but it is not MicroPython
  | 'refused'
  | 'noAnswer'
  | 'unsupported'
  | 'openMode' // the board proves nothing, and the user has not accepted that
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

/** An open link ended without our closing it. */
export class ConnectionLostError extends FleetError {
  readonly code = 'connectionLost';
}

/** The link ended because the board sleeps, as it has said; it connects to its broker again when it wakes up. */
export class AsleepError extends ConnectionLostError {}

/** The far end of the link no longer exists, such as the port of a board that was unplugged. */
export class LinkLostError extends ConnectionLostError {}

/** Returns whether an error of a board on a cable only says that its port does not exist, or no longer. */
export function meansUnplugged(error: unknown): boolean {
  if (error instanceof LinkLostError) return true;
  return error instanceof ConnectError && error.reason === 'notFound';
}

/** Another board is at the link than the one that was meant. The work did not begin. */
export class OtherBoardError extends FleetError {
  readonly code = 'otherBoard';
}

/** The board was silent for longer than the current step allows. */
export class TimeoutError extends FleetError {
  readonly code = 'timeout';
}

/**
 * Returns what to do about a MemoryError. Without a line of code in the traceback, the code did not even begin: its size is not the
 * cause then, but what earlier code has left in variables.
 */
function fullMemory(traceback: string): string {
  return traceback.includes('File "')
    ? l10n.t('What this code has left in variables stays in memory until a soft reset.')
    : l10n.t(
        'The memory of the board is full: what earlier code has left in variables stays there until a soft reset. Reset the board and try again.',
      );
}

/** Python code raised an exception on the board. */
export class PythonError extends FleetError {
  readonly code = 'python';

  constructor(
    /** The traceback as printed by the board. */
    readonly traceback: string,
    /** Class name of the exception ('' if the text contains none), and its message. */
    readonly type: string,
    readonly detail: string,
  ) {
    super(detail ? `${type}: ${detail}` : type || 'the board reported an error', {
      ...(type === 'MemoryError' && { hint: fullMemory(traceback) }),
    });
  }
}

/**
 * A file operation failed on the board. `errno` is the POSIX name, even if the port uses other
 * numbers.
 */
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
      | 'ENOMEM'
      /** No file system is mounted at the path. */
      | 'ENODEV'
      | 'EPERM'
      /** The firmware cannot do this. */
      | 'ENOSYS',
    readonly path: string,
    message: string,
    options: { hint?: string; cause?: unknown } = {},
  ) {
    super(message, options);
  }
}

/**
 * The code had to be sent in raw-paste mode, which the board lacks (MicroPython before 1.14).
 * Nothing was sent.
 */
export class NoRawPasteError extends FleetError {
  readonly code = 'noRawPaste';

  constructor() {
    super(l10n.t('The MicroPython on the board is too old for raw-paste mode'));
  }
}

/** Bytes arrived that the protocol does not allow, or data was corrupted in transit. */
export class ProtocolError extends FleetError {
  readonly code = 'protocol';
}

/** The user or the caller's AbortSignal cancelled the operation. */
export class CancelledError extends FleetError {
  readonly code = 'cancelled';

  constructor(message = 'Cancelled') {
    super(message);
  }
}

/** The operation needs the prompt, but a program is running and may not be stopped. */
export class ProgramRunningError extends FleetError {
  readonly code = 'programRunning';

  constructor(boardName: string) {
    super(l10n.t('A program is running on {0}', boardName), {
      hint: l10n.t('Stop the program first, or allow it to be stopped.'),
    });
  }
}

/** A command that helps after an error; the window shows it as a button. */
export interface HelpfulCommand {
  readonly title: string;
  readonly command: string;
  readonly args?: readonly unknown[];
}

/** A board tried something new, which did not work, and went back to what it had before. */
export class WentBackError extends FleetError {
  readonly code = 'wentBack';
}

/** Part of the work could not be done, and the rest was. */
export class IncompleteError extends FleetError {
  readonly code = 'incomplete';
}

/** The user's request is invalid, e.g. a name that matches nothing or a bad pattern. */
export class UsageError extends FleetError {
  readonly code = 'usage';
  readonly next: HelpfulCommand | undefined;

  constructor(
    message: string,
    options: { hint?: string; cause?: unknown; next?: HelpfulCommand } = {},
  ) {
    super(message, options);
    this.next = options.next;
  }
}

/** Converts a caught value to an Error, because a catch clause may catch anything. */
export function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
