import type { Board } from '../board/board';
import type { Outcome } from '../many/jobs';

/** What a board did with a file that was published for many. */
export type GroupResult = 'written' | 'same';

export interface GroupPublishOptions {
  signal?: AbortSignal;
  /** Bytes that the boards that listen have, of how many. */
  onProgress?: (done: number, total: number) => void;
}

/** Sends one file to many boards so that the computer publishes it once. */
export interface GroupPublisher {
  /** Boards that one publication reaches together; the others are to be written to one by one. */
  together(boards: readonly Board[]): readonly (readonly Board[])[];
  /** Never rejects for a board: each has its outcome. `boards` is one of the sets that `together` gave, or a part of it. */
  publish(
    boards: readonly Board[],
    path: string,
    content: Uint8Array,
    options?: GroupPublishOptions,
  ): Promise<Outcome<Board, GroupResult>[]>;
}
