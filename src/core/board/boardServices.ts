import * as l10n from '@vscode/l10n';
import type { Address } from '../address';
import type { BoardFiles } from '../boardFiles';
import { ConnectionLostError } from '../errors';
import type { Session, SessionOptions } from '../transport';
import type { Board } from './board';
import type { BoardInfo } from './boardInfo';
import type { StopAnswer } from './boardJobs';
import type { LinkServices } from './linkOpener';

/** Services that a board depends on. */
export interface BoardServices extends LinkServices {
  /** Reads the board's description of itself in one exec. */
  readInfo(session: Session): Promise<BoardInfo>;
  /** Creates the file verbs over a board's sessions. `job` is the words shown while one runs. */
  createFiles(
    withSession: <T>(
      work: (session: Session) => Promise<T>,
      options?: SessionOptions & { job?: string; looks?: boolean },
    ) => Promise<T>,
    board: Board,
  ): BoardFiles;
  /**
   * Asks whether the running program may be stopped for `job`. `isRun`: the job itself is a program
   * of the user's. Undefined: it may not.
   */
  mayStop(board: Board, job: string, isRun: boolean): Promise<StopAnswer>;
  /**
   * Reports finished work on a board, or its failure with `error`, to the audit. `startedAt`:
   * milliseconds since 1970.
   */
  readonly worked?: (board: Board, what: string, error: unknown, startedAt?: number) => void;
}

/** The names that boards have in the fleet. */
export interface BoardLabels {
  name(board: Board): string;
  /** The name of the board that is at `address` now. */
  nameAt?(address: Address): string | undefined;
}

/** The board's program has crashed and has not yet run long enough to count as healthy. */
export interface Crash {
  /** Number of crashes since it was last healthy. */
  readonly count: number;
  /** The last line of the latest traceback. Untrusted text from the board. */
  readonly last: string;
}

/** A board's clock at its last reading, compared with the local time of this computer. */
export interface BoardClock {
  /** Milliseconds by which it was ahead; negative: behind. */
  readonly offset: number;
  /** The clock runs in UTC, as NTP sets it, and local time differs. */
  readonly isUtc: boolean;
}

/** Compares a board's clock, `seconds` since 1970 in the board's local time, with this computer's. */
export function clockAgainst(seconds: number, now = new Date()): BoardClock {
  const zone = now.getTimezoneOffset() * 60_000;
  const offset = seconds * 1000 - (now.getTime() - zone);
  return { offset, isUtc: zone !== 0 && Math.abs(offset - zone) < 5_000 };
}

/** Does `work` on a board and reports how it ended, for the audit. */
export async function audited<T>(
  board: Board,
  { worked }: Pick<BoardServices, 'worked'>,
  what: string,
  work: () => Promise<T>,
): Promise<T> {
  const startedAt = Date.now();
  try {
    const result = await work();
    worked?.(board, what, undefined, startedAt);
    return result;
  } catch (error) {
    worked?.(board, what, error, startedAt);
    throw error;
  }
}

/** Returns the error of work that needs an open link. */
export function notConnected(name: string): ConnectionLostError {
  return new ConnectionLostError(l10n.t('{0} is not connected', name), {
    hint: l10n.t('Connect the board and try again.'),
  });
}
