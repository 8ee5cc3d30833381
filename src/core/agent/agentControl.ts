import type { LogBatch } from './agentProtocolLog';
import type { Birth } from './agentProtocolPresence';

/** What the agent on a board can be asked beside code and files (docs/protocol.md sections 5, 9 to 11). */
export interface AgentControl {
  /** What the board announced last; undefined while it is away. */
  readonly birth: Birth | undefined;
  /** Its configuration, without secrets. */
  config(signal?: AbortSignal): Promise<Readonly<Record<string, unknown>>>;
  /** Changes some of its configuration. @throws AgentRefusedError for keys that it does not know: nothing is changed */
  configure(set: Readonly<Record<string, unknown>>, signal?: AbortSignal): Promise<void>;
  /** Restarts into `slot` (an agent copy), safe mode or out of it; resolves with the new birth. */
  restart(how: AgentRestart, signal?: AbortSignal): Promise<Birth>;
  /** Removes the agent's files and restarts the board, whose main.py must not start the agent any more. */
  remove(signal?: AbortSignal): Promise<void>;
  /** Records from `from` on, as many as one answer holds; none: nothing newer. */
  logFrom(seq: number, signal?: AbortSignal): Promise<LogBatch>;
  /** What was written down at the last crashes; '' when there were none. */
  crashes(signal?: AbortSignal): Promise<string>;
  forgetCrashes(signal?: AbortSignal): Promise<void>;
  /** Starts or stops the board's program. */
  app(action: 'start' | 'stop' | 'info', signal?: AbortSignal): Promise<AppState>;
  /** Writes a firmware image into the free partition and makes it the one to start; verified by reading it back. */
  writeFirmware(
    image: Uint8Array,
    options: { signal?: AbortSignal; onProgress?: (done: number, total: number) => void },
  ): Promise<void>;
  firmware(signal?: AbortSignal): Promise<FirmwareSlots>;
}

export interface AgentRestart {
  readonly mode: 'soft' | 'hard' | 'safe' | 'normal';
  /** The copy of the agent to try. */
  readonly slot?: 'a' | 'b';
}

export interface AppState {
  readonly running: boolean;
  readonly path: string;
  readonly starts: number;
  /** Why it ended last; '' when it has not failed. */
  readonly error: string;
}

export interface FirmwareSlots {
  readonly running: string;
  readonly next: string;
  /** Bytes that the next one holds. */
  readonly size: number;
  readonly state: 'none' | 'open' | 'pending';
}
