import { UsageError } from '../../core/errors';
import { printable, type VerbRun } from '../cli';
import { loadLinks } from '../links';
import { runOnBoards } from '../runOnBoards';
import { infoLines } from '../../core/board/boardInfoText';

function noArgs(args: readonly string[], verb: string): void {
  if (args.length > 0)
    throw new UsageError(`${verb} wants no arguments, but there is "${args.join(' ')}"`);
}

/** `reset [--hard]` */
export const reset: VerbRun = async (cli, args) => {
  noArgs(args, 'reset');
  return runOnBoards(cli, 'Resetting', async (board, io) => {
    const transport = await board.transport(io.signal);
    await transport.reset(cli.options.hard ? 'hard' : 'soft', io.signal);
  });
};

/** `info`: what the board says of itself. */
export const info: VerbRun = async (cli, args) => {
  noArgs(args, 'info');
  const links = await loadLinks(cli);
  return runOnBoards(cli, 'Asking', async (board, io) => {
    const facts = await board.withSession((session) => links.readInfo(session, io.signal), {
      signal: io.signal,
    });
    for (const [name, value] of infoLines(facts)) {
      io.say(`${`${name}:`.padEnd(12)} ${printable(value)}\n`);
    }
    return facts;
  });
};
