import { UsageError } from '../../core/errors';
import { nodeLocalFs, undoLast } from '../../core/sync';
import { printable, type VerbRun } from '../cli';
import { runOnBoards } from '../board';
import { undoStore } from '../files';

/** Names of removed files that are shown. */
const NAMED = 10;

/** `undo`: reverts the last sync, put, cp, mv, edit or rm of each board, for files that have not changed since. */
export const run: VerbRun = (cli, args) => {
  if (args.length > 0) throw new UsageError('undo takes no path');
  const undo = undoStore(cli);
  return runOnBoards(cli, 'Undoing', async (board, io) => {
    const { restored, removed, left } = await undoLast({
      files: board.files,
      localFs: nodeLocalFs,
      undo,
      board: board.uid ?? board.address.text,
      signal: io.signal,
      onProgress: (done, total, path) => io.progress(done, total, path),
    });
    io.say(`${restored.length} restored, ${removed.length} removed\n`);
    if (removed.length > 0) {
      const more = removed.length > NAMED ? ` and ${removed.length - NAMED} more` : '';
      const names = printable(removed.slice(0, NAMED).join(', '));
      io.say(`Removed, because they did not exist before: ${names}${more}\n`);
    }
    if (left.length > 0) {
      io.say(`Not restored, because they have changed since: ${printable(left.join(', '))}\n`);
    }
    return { restored, removed, left };
  });
};
