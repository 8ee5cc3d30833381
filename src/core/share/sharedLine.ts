import type { BoardFiles } from '../boardFiles';
import type { Event } from '../events';
import type { Session } from '../transport';

/** The state of the board on a shared link. */
export type LineState =
  /** It waits at its prompt. */
  | 'idle'
  /** A program runs: the board's own, or one that the user here started. */
  | 'program'
  /** It has printed nothing since the link was opened. */
  | 'unknown'
  /** This computer works on it. */
  | 'busy';

/** A board that this computer has on a cable and shares: everything goes through the board's one queue. */
export interface SharedLine {
  /** File verbs that never stop a program. */
  readonly files: BoardFiles;
  readonly state: LineState;
  readonly onDidChange: Event<void>;
  /** Output of the board outside of sessions. */
  readonly onOutput: Event<Uint8Array>;
  /** Fired once when the link ends, with the cause. */
  readonly onClose: Event<Error | undefined>;
  /** Whether running code can receive input. */
  readonly takesInput: boolean;
  /**
   * Runs work when the board is free.
   * @throws ProgramRunningError instead of stopping a program
   */
  withSession<T>(
    work: (session: Session) => Promise<T>,
    options: { signal?: AbortSignal; job: string; isCode?: boolean },
  ): Promise<T>;
  /** Sends Ctrl-C to the running code. */
  interrupt(): Promise<void>;
  softReset(): Promise<void>;
}

/** The description of a shared board in its birth. */
export interface SharedFacts {
  readonly uid: string;
  readonly name: string;
  readonly firmware: string;
  readonly platform: string;
  readonly machine: string;
  /** sys.implementation._mpy; 0 if the board cannot load .mpy files. */
  readonly mpy: number;
  readonly memory?: { readonly free: number };
  readonly flash?: { readonly free: number; readonly total: number };
  /** The root of the board's files: `/`, or e.g. `/flash`. */
  readonly home: string;
}
