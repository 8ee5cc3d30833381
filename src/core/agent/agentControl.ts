import type { MessageBatch } from './messageBatch';
import type { LogBatch, LogLevel } from './agentProtocolLog';
import type { Birth } from './agentProtocolPresence';
import type { ReportedConfig } from './reportedConfig';

/** Operations of the agent in addition to code and files (docs/protocol.md sections 5, 9 to 11). */
export interface AgentControl {
  /** The board's latest birth message; undefined while it is away. */
  readonly birth: Birth | undefined;
  /** Returns its configuration, without secrets. */
  config(signal?: AbortSignal): Promise<Readonly<Record<string, unknown>>>;
  /**
   * Returns the configuration, plus the result of its last trial, and a function that compares
   * passwords, which the board does not reveal.
   */
  reported(signal?: AbortSignal): Promise<ReportedConfig>;
  /**
   * Changes parts of its configuration.
   * @throws AgentRefusedError for unknown keys; nothing is changed then
   */
  configure(set: Readonly<Record<string, unknown>>, options?: ConfigureOptions): Promise<void>;
  /** Logs from `level` on for this many seconds (at most a day) or until the next start, then as configured again. */
  logFor(level: LogLevel, seconds: number, signal?: AbortSignal): Promise<void>;
  /**
   * Leaves settings at the broker for a board that is not connected, which applies them when it connects. They replace earlier ones,
   * and must not contain secrets.
   */
  desire(set: Readonly<Record<string, unknown>>): Promise<void>;
  /**
   * Restarts into `slot` (an agent copy), safe mode or out of it; resolves with the new birth.
   * @param limitMs longest wait for it, a minute unless given
   */
  restart(how: AgentRestart, signal?: AbortSignal, limitMs?: number): Promise<Birth>;
  /** Removes the agent's files and restarts the board, whose main.py must not start the agent any more. */
  remove(signal?: AbortSignal): Promise<void>;
  /** Records from `seq` on, as many as fit into one answer; empty if there are no newer ones. */
  logFrom(seq: number, signal?: AbortSignal): Promise<LogBatch>;
  /** Returns what the board recorded about its last crashes; '' if there were none. */
  crashes(signal?: AbortSignal): Promise<string>;
  forgetCrashes(signal?: AbortSignal): Promise<void>;
  /** Starts or stops the board's program. */
  app(action: 'start' | 'stop' | 'info', signal?: AbortSignal): Promise<AppState>;
  /**
   * Queries the supervisor of the deployed app: a message, intervals, its state.
   * @throws AgentRefusedError without an app
   */
  askApp(
    request: Readonly<Record<string, unknown>>,
    signal?: AbortSignal,
  ): Promise<Readonly<Record<string, unknown>>>;
  /**
   * Returns messages of the deployed app from `seq` on, as many as fit into one answer; empty if no
   * newer ones are kept.
   */
  messagesFrom(seq: number, signal?: AbortSignal): Promise<MessageBatch>;
  /**
   * Writes a firmware image to the free partition, verifies it by reading it back, and makes it the
   * boot partition.
   */
  writeFirmware(
    image: Uint8Array,
    options: { signal?: AbortSignal; onProgress?: (done: number, total: number) => void },
  ): Promise<void>;
  firmware(signal?: AbortSignal): Promise<FirmwareSlots>;
}

/** How a board applies a new configuration. */
export interface ConfigureOptions {
  readonly signal?: AbortSignal;
  /**
   * The board reverts to its old configuration unless it reaches its broker this many seconds after
   * its next start.
   */
  readonly trialSeconds?: number;
}

/** How a board restarts. `safe`: without its program; `normal` ends that. */
export interface AgentRestart {
  readonly mode: 'soft' | 'hard' | 'safe' | 'normal';
  /** The copy of the agent to try. */
  readonly slot?: 'a' | 'b';
}

/** The program that the agent starts on a board. */
export interface AppState {
  readonly running: boolean;
  readonly path: string;
  readonly starts: number;
  /** Why it last ended; '' if it has not failed. */
  readonly error: string;
}

/** The two partitions of a firmware that updates itself (ESP32): which one runs, and which one is next. */
export interface FirmwareSlots {
  readonly running: string;
  readonly next: string;
  /** Size of the next partition in bytes. */
  readonly size: number;
  readonly state: 'none' | 'open' | 'pending';
}
