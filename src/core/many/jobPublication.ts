import type { Board } from '../board';
import { CancelledError, FileError } from '../errors';
import { isStartFile } from '../files';
import type { GroupPublisher, GroupResult } from './groupPublisher';
import type { Outcome } from './jobs';

/**
 * Publishes files to the boards of a job during the job: the first board that needs a file has it
 * published to all that share its broker.
 */
export class JobPublication {
  readonly #published = new Map<string, Promise<readonly Outcome<Board, GroupResult>[]>>();
  #groups: readonly (readonly Board[])[] | undefined;

  constructor(
    private readonly publisher: GroupPublisher | undefined,
    private readonly boards: readonly Board[],
    /** Ends when the job does. */
    private readonly signal: AbortSignal,
  ) {}

  /**
   * Returns whether the board got the file by a publication. False: it must be written to this board alone.
   * @throws the error of this board
   */
  async write(board: Board, path: string, content: Uint8Array): Promise<boolean> {
    const { publisher } = this;
    // The lines that start the agent differ between boards.
    if (!publisher || isStartFile(path)) return false;
    this.#groups ??= publisher.together(this.boards).filter((group) => group.length > 1);
    const index = this.#groups.findIndex((group) => group.includes(board));
    const group = this.#groups[index];
    if (!group) return false;
    const key = `${index} ${path}`;
    let push = this.#published.get(key);
    if (!push) {
      push = publisher.publish(group, path, content, { signal: this.signal });
      this.#published.set(key, push);
    }
    const own = (await push).find((outcome) => outcome.board === board);
    if (own?.status === 'cancelled') throw new CancelledError();
    if (own?.status !== 'failed') return own !== undefined;
    if (hasNoSuchPlace(own.error)) return false;
    throw own.error;
  }
}

/**
 * Returns whether nothing is mounted at the file's destination, because a publication names one
 * path for all.
 */
export function hasNoSuchPlace(error: Error): boolean {
  return error instanceof FileError && /^(ENODEV|EPERM)$/.test(error.errno);
}
