import type { Clock } from '../async';

/** What the code asks of the line. */
export interface ExecLine {
  readonly clock: Clock;
  /** Bytes a second, where the line limits. */
  readonly lineRate?: number;
  /** The board must answer a step of the protocol within this (milliseconds since the last byte either way). */
  readonly answerMs: number;
  write(data: Uint8Array): Promise<void>;
  /** Writes without flow control, as slowly as the board can take it; ends early when `isOver` says so. */
  writePaced(data: Uint8Array, isOver: () => boolean, onProgress: () => void): Promise<void>;
}
