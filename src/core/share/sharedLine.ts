import type { BoardFiles } from '../boardFiles';
import type { Event } from '../events';
import type { Session } from '../transport';

/** What the board at the end of a shared link does. */
export type LineState =
  /** It waits at its prompt. */
  | 'idle'
  /** Whether a program of the board's own, or of the user here, is running. */
  | 'program'
  /** It has shown nothing since the link was opened. */
  | 'unknown'
  /** This computer works on it. */
  | 'busy';

/** A board that this computer has on a cable and shares: everything goes through the board's one queue. */
export interface SharedLine {
  /** File verbs that never stop a program. */
  readonly files: BoardFiles;
  readonly state: LineState;
  readonly onDidChange: Event<void>;
  /** What the board prints outside of sessions. */
  readonly onOutput: Event<Uint8Array>;
  /** Fired once when the link ends, with the cause. */
  readonly onClose: Event<Error | undefined>;
  /** Running code can receive input. */
  readonly takesInput: boolean;
  /**
   * Runs work when the board is free.
   * @throws ProgramRunningError instead of stopping a program
   */
  withSession<T>(
    work: (session: Session) => Promise<T>,
    options: { signal?: AbortSignal; job: string; isCode?: boolean },
  ): Promise<T>;
  /** Sends Ctrl-C to what runs. */
  interrupt(): Promise<void>;
  softReset(): Promise<void>;
}

/** What the birth of a shared board says about it. */
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
