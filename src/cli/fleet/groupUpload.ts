import { isStartFile } from '../../core/files';
import type { GroupResult } from '../../core/many';
import type { Pushed } from '../broker';
import type { CliBoard } from '../board';

/**
 * Publishes files for many boards behind one broker: the first board that needs a file triggers it
 * for all.
 */
export class GroupUpload {
  readonly #published = new Map<string, Promise<Pushed>>();

  constructor(private readonly signal: AbortSignal) {}

  /**
   * Returns how `board` received the file by a publication to all: `same` if it had it, and was sent nothing. Undefined: write it
   * separately.
   * @throws the error of this board
   */
  async write(
    board: CliBoard,
    boards: readonly CliBoard[],
    path: string,
    content: () => Promise<Uint8Array>,
  ): Promise<GroupResult | undefined> {
    const id = board.brokers[0];
    if (id === undefined || board.address.kind !== 'mqtt' || isStartFile(path)) return undefined;
    const group = boards.filter((b) => b.address.kind === 'mqtt' && b.brokers[0] === id);
    if (group.length < 2) return undefined;
    const key = JSON.stringify([id, path]);
    let push = this.#published.get(key);
    if (!push) {
      const addresses = group.map((b) => b.address);
      const { brokersLink } = board;
      push = content().then((data) => brokersLink.publish(addresses, path, data, this.signal));
      this.#published.set(key, push);
    }
    const pushed = await push;
    const result = pushed.get(board.address.text);
    if (result instanceof Error) throw result;
    return result;
  }
}
