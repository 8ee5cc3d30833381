import type { Clock } from '../async';

/** The line below the REPL, as executing code uses it. */
export interface ExecLine {
  readonly clock: Clock;
  /** Bytes per second, if the line is the bottleneck. */
  readonly lineRate?: number;
  /**
   * Milliseconds since the last byte in either direction within which the board must answer a step
   * of the protocol.
   */
  readonly answerMs: number;
  write(data: Uint8Array): Promise<void>;
  /**
   * Writes without flow control, at the speed that the board can take; ends early when `isOver`
   * returns true.
   */
  writePaced(data: Uint8Array, isOver: () => boolean, onProgress: () => void): Promise<void>;
}
