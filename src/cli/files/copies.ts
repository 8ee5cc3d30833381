import type { BoardFiles, NewFiles, TransferOptions, WriteItem } from '../../core/boardFiles';
import { counted } from '../../core/counted';
import { asError, FileError, FleetError, UsageError } from '../../core/errors';
import {
  copyKept,
  keepBefore,
  keepDeleted,
  type KeepOptions,
  type Kept,
  moveKept,
  moveOnBoard,
  nothingKept,
  type Placement,
  type UndoStore,
  writeIfNew,
} from '../../core/sync';
import type { BoardIo, CliBoard } from '../board';
import { type Cli, printable } from '../cli';
import { undoStore } from './undoFolder';

/** What happens to the files of which copies are kept. */
type Loss = 'removed' | 'replaced';

/** Copies that one command keeps of files before it removes or replaces them, for `undo`; none with --no-copy. */
export class Copies {
  /** One store for all boards, because it writes one record after the other. */
  readonly #undo: UndoStore | undefined;

  constructor(private readonly cli: Cli) {
    this.#undo = cli.options.noCopy ? undefined : undoStore(cli);
  }

  /** False with --no-copy. */
  get areKept(): boolean {
    return this.#undo !== undefined;
  }

  /**
   * Writes small files at whose paths nothing is, and records them; see writeIfNew.
   * @throws FleetError, also if nothing can be recorded; nothing was written then
   */
  async writeNew(
    board: CliBoard,
    items: readonly WriteItem[],
    files: BoardFiles,
    transfer: Pick<TransferOptions, 'onProgress'> & { readonly signal: AbortSignal },
  ): Promise<true | NewFiles['there'] | undefined> {
    const undo = this.#undo;
    if (!undo) return undefined;
    const options = { ...transfer, ...optionsOf(board, transfer.signal), files, undo };
    return explaining('replaced', writeIfNew(options, items));
  }

  /**
   * Keeps copies of the files that `items` will replace, and compares all items with those on the board. `there`: what is at each
   * path, if that is known.
   * @throws FleetError if a copy cannot be read or stored; nothing was written then
   */
  async before(
    board: CliBoard,
    items: readonly WriteItem[],
    signal: AbortSignal,
    {
      files = board.files,
      there,
    }: { files?: BoardFiles; there?: NewFiles['there'] | undefined } = {},
  ): Promise<Kept> {
    const undo = this.#undo;
    if (!undo) return nothingKept(items, 0);
    const options = { ...optionsOf(board, signal), files, undo };
    return explaining('replaced', keepBefore(options, items, there));
  }

  /**
   * Removes files and folders. @returns the number of files whose copy was kept; undefined: the firmware cannot hash files
   * @throws FleetError, also if a copy cannot be read or stored; nothing was removed then
   */
  async remove(
    board: CliBoard,
    paths: readonly string[],
    signal: AbortSignal,
  ): Promise<number | undefined> {
    const { recursive } = this.cli.options;
    const undo = this.#undo;
    if (!undo) {
      for (const path of paths) await board.files.remove(path, { recursive, signal });
      return 0;
    }
    const options = { ...optionsOf(board, signal), files: board.files, undo, recursive };
    return explaining('removed', keepDeleted(options, paths));
  }

  /** Copies files and folders on the board itself. @returns as `remove`, for the replaced files @throws as `remove` */
  async copy(
    board: CliBoard,
    placements: readonly (Placement & { readonly type: 'file' | 'dir' })[],
    signal: AbortSignal,
  ): Promise<number | undefined> {
    const { files } = board;
    const undo = this.#undo;
    if (!undo) {
      for (const { from, to } of placements)
        await files.copy(from, to, { overwrite: true, signal });
      return 0;
    }
    const options = { ...optionsOf(board, signal), files, undo };
    return explaining('replaced', copyKept(options, placements));
  }

  /** Moves files and folders on the board. @returns as `remove`, for the replaced files @throws as `remove` */
  async move(
    board: CliBoard,
    placements: readonly Placement[],
    signal: AbortSignal,
  ): Promise<number | undefined> {
    const { files } = board;
    const undo = this.#undo;
    if (!undo) {
      for (const { from, to } of placements) {
        await moveOnBoard(files, from, to, { overwrite: true, signal });
      }
      return 0;
    }
    const options = { ...optionsOf(board, signal), files, undo };
    return explaining('replaced', moveKept(options, placements));
  }

  /**
   * Says how the files come back. `kept` is the number of copies; undefined: the firmware cannot hash files.
   * The line is the same for all boards of a command, so that their answers can be grouped.
   */
  say(io: BoardIo, loss: Loss, kept: number | undefined, boards: readonly CliBoard[]): void {
    if (kept === undefined) io.say('No copy was kept, because this firmware cannot hash files\n');
    else if (kept > 0) {
      const them = kept === 1 ? 'it' : 'them';
      io.say(`${counted(kept, 'file')} ${loss}; ${this.#restoring(boards)} restores ${them}\n`);
    }
  }

  /** Returns the command that restores the files of these boards. */
  #restoring(boards: readonly CliBoard[]): string {
    const { options, env } = this.cli;
    const named = options.board?.join(',') ?? env.MPYFLEET_BOARD;
    if (named === undefined) return '"mpyfleet undo"';
    const which = boards.length === 1 ? (boards[0]?.name ?? named) : named;
    const safe = /^[\w.,:/@+-]+$/.test(which) ? which : `'${which}'`;
    return `"mpyfleet -b ${printable(safe)} undo"`;
  }
}

function optionsOf(board: CliBoard, signal: AbortSignal): Omit<KeepOptions, 'files' | 'undo'> {
  return { board: board.uid ?? board.address.text, now: Date.now, signal };
}

/** Waits for work that keeps copies. @throws FleetError that says how the command works without them */
async function explaining<T>(loss: Loss, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw explained(error, loss);
  }
}

/** Adds to an error of keeping copies how the command works without them. */
function explained(error: unknown, loss: Loss): FleetError {
  const anyway = loss === 'removed' ? '--no-copy removes' : '--no-copy replaces';
  if (error instanceof FileError && error.errno === 'EIO') {
    return new FileError(error.errno, error.path, error.message, {
      cause: error,
      hint: `It cannot be read, so no copy can be kept. ${anyway} without reading.`,
    });
  }
  if (error instanceof FleetError) return error;
  return new UsageError(`No copy can be kept for undo: ${asError(error).message}`, {
    cause: error,
    hint: `Nothing was ${loss}. ${anyway} without a copy.`,
  });
}
