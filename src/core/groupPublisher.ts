import type { Board } from './board';

/** A file with its place on every board. */
export interface PublishFile {
  readonly path: string;
  readonly content: Uint8Array;
}

/** Sends the same files to many boards so that the computer publishes them once. */
export interface GroupPublisher {
  /** Boards with the same answer are reached by one publication; undefined: this board is to be written to by itself. */
  groupOf(board: Board): string | undefined;
  /**
   * Writes `files` on every board of one group. Never rejects for a board: the answer has an entry for each, undefined
   * where all its files are there and verified.
   */
  publish(
    boards: readonly Board[],
    files: readonly PublishFile[],
    options?: {
      signal?: AbortSignal;
      /** Bytes that have gone to all, of how many. */
      onProgress?: (done: number, total: number) => void;
    },
  ): Promise<ReadonlyMap<Board, Error | undefined>>;
}

/** Splits boards into those that one publication reaches together, and those to be served one by one. */
export function byGroup(
  boards: readonly Board[],
  publisher: Pick<GroupPublisher, 'groupOf'>,
): { groups: Board[][]; direct: Board[] } {
  const groups = new Map<string, Board[]>();
  const direct: Board[] = [];
  for (const board of boards) {
    const group = publisher.groupOf(board);
    if (group === undefined) direct.push(board);
    else groups.set(group, [...(groups.get(group) ?? []), board]);
  }
  for (const [key, group] of groups) {
    if (group.length > 1) continue;
    direct.push(...group);
    groups.delete(key);
  }
  return { groups: [...groups.values()], direct };
}
