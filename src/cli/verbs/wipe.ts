import { UsageError } from '../../core/errors';
import { wipe, wipeSummary } from '../../core/files';
import { askTyped } from '../input';
import { chooseBoards, loadLinks, runOnBoards } from '../board';
import { type Cli, printable, type VerbRun } from '../cli';

/** `wipe`: deletes all files of the boards, after the user has typed their name or number. */
export const run: VerbRun = async (cli, args) => {
  if (args.length > 0) {
    throw new UsageError('wipe takes no path', {
      hint: 'mpyfleet rm -r :FOLDER deletes a folder.',
    });
  }
  if (!cli.options.force) await confirm(cli);
  return runOnBoards(cli, 'Wiping', async (board, io) => {
    const result = await wipe(board.files, {
      keepAgent: board.address.kind === 'mqtt',
      signal: io.signal,
      onProgress: (done, total, path) => io.progress(done, total, path),
    });
    io.say(`${printable(wipeSummary(result))}\n`);
    return result;
  });
};

async function confirm(cli: Cli): Promise<void> {
  const links = await loadLinks(cli);
  let names: readonly string[];
  try {
    names = (await chooseBoards(cli, links)).map(({ name }) => name);
  } finally {
    await links.close();
  }
  const [only = ''] = names;
  const wanted = names.length === 1 ? only : `wipe ${names.length}`;
  const what = printable(names.join(', '));
  await askTyped(cli, wanted, `All files on ${what} will be deleted, and no copy is kept.`);
}
