import { inLanes } from '../../core/async';
import type { WriteItem } from '../../core/boardFiles';
import { asError } from '../../core/errors';
import { DEFAULT_CONCURRENCY } from '../../core/many';
import type { Kept } from '../../core/sync';
import type { BoardIo, CliBoard } from '../board';
import type { Cli } from '../cli';
import { type Copies, writeCounted, type Written } from '../files';
import { GroupUpload } from './groupUpload';

/** A file whose content is loaded: the same object for all boards. */
export type LoadedItem = WriteItem & { readonly content: Uint8Array };

/** What each board of a group gets, or why it gets nothing. */
type Plan = ReadonlyMap<CliBoard, (Kept & { readonly wanted: number }) | Error>;

/**
 * Puts files on the boards behind one broker. A publication replaces a file on all of them, so copies are kept of all before the
 * first one is published, in the turn of the first board.
 */
export class GroupPut {
  readonly #uploads: GroupUpload;
  /** The plan for the boards behind each broker, by the broker's id. */
  readonly #plans = new Map<string, Promise<Plan>>();

  /** @param itemsOf returns the files of a board, with their paths there */
  constructor(
    private readonly cli: Pick<Cli, 'signal' | 'options'>,
    private readonly copies: Copies,
    private readonly itemsOf: (
      board: CliBoard,
      signal: AbortSignal,
    ) => Promise<readonly LoadedItem[]>,
  ) {
    this.#uploads = new GroupUpload(cli.signal);
  }

  /**
   * Writes the files of `board`, those that its group has in common by one publication. Undefined: the board is not in a group.
   * @throws the error of this board
   */
  async write(
    board: CliBoard,
    boards: readonly CliBoard[],
    io: BoardIo,
  ): Promise<Written | undefined> {
    const id = brokerOf(board);
    const group = id === undefined ? [] : boards.filter((b) => brokerOf(b) === id);
    if (id === undefined || group.length < 2) return undefined;
    let planning = this.#plans.get(id);
    if (!planning) {
      planning = this.#plan(group);
      this.#plans.set(id, planning);
    }
    const plan = await planning;
    const own = plan.get(board);
    if (!own || own instanceof Error) throw asError(own);
    let same = own.wanted - own.changed.length;
    const rest: WriteItem[] = [];
    for (const item of own.changed) {
      const { path, content } = item;
      const load = () => Promise.resolve(content instanceof Uint8Array ? content : content());
      const result = await this.#uploads.write(board, takers(plan, item), path, load);
      if (result === 'same') same++;
      if (!result) rest.push(item);
    }
    if (rest.length > 0) same += await writeCounted(board, rest, io);
    await own.written();
    return { same, kept: own.replaced };
  }

  /** Keeps copies on all boards of a group. */
  async #plan(group: readonly CliBoard[]): Promise<Plan> {
    const { signal, options } = this.cli;
    const plan = new Map<CliBoard, (Kept & { wanted: number }) | Error>();
    await inLanes(group, options.parallel ?? DEFAULT_CONCURRENCY, async (board) => {
      try {
        const items = await this.itemsOf(board, signal);
        const kept = await this.copies.before(board, items, signal);
        plan.set(board, { ...kept, wanted: items.length });
      } catch (error) {
        plan.set(board, asError(error));
      }
    });
    return plan;
  }
}

/** Returns the boards that get the same content at the same path. */
function takers(plan: Plan, { path, content }: WriteItem): CliBoard[] {
  const takes = (own: Kept | Error) =>
    !(own instanceof Error) &&
    own.changed.some((item) => item.path === path && item.content === content);
  return [...plan].flatMap(([board, own]) => (takes(own) ? [board] : []));
}

/** Returns the id of the broker through which the board is reached. */
function brokerOf(board: CliBoard): string | undefined {
  return board.address.kind === 'mqtt' ? board.brokers[0] : undefined;
}
