import { runOnBoards } from '../board';
import type { VerbRun } from '../cli';
import { boardPaths, Copies, expand } from '../files';

/** `rm [-r] [--no-copy] :PATH...`: keeps a copy of what it removes, for `undo`, as the window does. */
export const run: VerbRun = (cli, args) => {
  const wanted = boardPaths(args, 'rm');
  const copies = new Copies(cli);
  return runOnBoards(cli, 'Removing', async (board, io, boards) => {
    const { signal } = io;
    const paths = await expand(board, wanted, signal);
    const kept = await copies.remove(board, paths, signal);
    copies.say(io, 'removed', kept, boards);
    return { removed: paths, kept: kept ?? 0 };
  });
};
