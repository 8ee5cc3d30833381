import { counted } from '../../core/counted';
import { asError, FileError, FleetError, UsageError } from '../../core/errors';
import { keepDeleted } from '../../core/sync';
import { type CliBoard, runOnBoards } from '../board';
import { printable, type Cli, type VerbRun } from '../cli';
import { boardPaths, expand, undoStore } from '../files';

/** `rm [-r] [--no-copy] :PATH...`: keeps a copy of what it removes, for `undo`, as the window does. */
export const run: VerbRun = (cli, args) => {
  const wanted = boardPaths(args, 'rm');
  const { recursive, noCopy } = cli.options;
  const undo = noCopy ? undefined : undoStore(cli);
  return runOnBoards(cli, 'Removing', async (board, io) => {
    const { signal } = io;
    const paths = await expand(board, wanted, signal);
    if (!undo) {
      for (const path of paths) await board.files.remove(path, { recursive, signal });
      return { removed: paths, kept: 0 };
    }
    const key = board.uid ?? board.address.text;
    const options = { files: board.files, undo, board: key, now: Date.now, signal, recursive };
    const kept = await keepDeleted(options, paths).catch((error: unknown) => {
      if (error instanceof FileError && error.errno === 'EIO') throw notRead(error);
      throw error instanceof FleetError ? error : notKept(error);
    });
    if (kept === undefined) io.say('No copy was kept, because this firmware cannot hash files\n');
    else if (kept > 0)
      io.say(`${counted(kept, 'file')} removed; ${restoring(cli, board)} restores them\n`);
    return { removed: paths, kept: kept ?? 0 };
  });
};

/** Returns the command that restores the files of this board. */
function restoring(cli: Cli, board: CliBoard): string {
  const named = cli.options.board ?? cli.env.MPYFLEET_BOARD;
  return `"mpyfleet ${named === undefined ? '' : `-b ${printable(board.name)} `}undo"`;
}

/** Adds to an error of reading how a damaged file is removed all the same. */
function notRead(cause: FileError): FileError {
  return new FileError(cause.errno, cause.path, cause.message, {
    cause,
    hint: 'It cannot be read, so no copy can be kept. --no-copy removes without reading.',
  });
}

/** Returns the error for a copy that this computer cannot store. */
function notKept(cause: unknown): UsageError {
  return new UsageError(`No copy can be kept for undo: ${asError(cause).message}`, {
    cause,
    hint: 'Nothing was removed. --no-copy removes without a copy.',
  });
}
