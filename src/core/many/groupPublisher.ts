import type { Board } from '../board';
import type { Outcome } from './jobs';

/** A board's result for a file published to many. */
export type GroupResult = 'written' | 'same';

/** Cancellation and progress of a publication to many boards. */
export interface GroupPublishOptions {
  signal?: AbortSignal;
  /** Bytes that the listening boards have received, and the total. */
  onProgress?: (done: number, total: number) => void;
}

/** Sends one file to many boards in a single publication. */
export interface GroupPublisher {
  /** Groups of boards that one publication reaches. All others must be written to one by one. */
  together(boards: readonly Board[]): readonly (readonly Board[])[];
  /**
   * Publishes a file to boards. Never rejects because of a board: each has its own outcome.
   * `boards` is one of the groups that `together` returned, or a part of it.
   */
  publish(
    boards: readonly Board[],
    path: string,
    content: Uint8Array,
    options?: GroupPublishOptions,
  ): Promise<Outcome<Board, GroupResult>[]>;
}
