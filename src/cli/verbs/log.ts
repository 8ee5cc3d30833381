import { abortError, Deferred } from '../../core/async';
import { UsageError } from '../../core/errors';
import { LineEnds } from '../../core/repl';
import { printRecords, recordFilter, runOnBoards, shownOutput } from '../board';
import type { VerbRun } from '../cli';

/**
 * `log`: prints what boards print, until Ctrl-C (or --timeout). Sends nothing to them. With a
 * filter, prints the records of boards with the agent, including stored ones.
 */
export const run: VerbRun = (cli, args) => {
  if (args.length > 0) throw new UsageError('log takes no arguments');
  const filter = recordFilter(cli);
  if (filter) return runOnBoards(cli, 'Reading the log', (b, io) => printRecords(b, filter, io));
  return runOnBoards(cli, 'Listening', async (board, io) => {
    const transport = await board.transport(io.signal);
    const stream = transport.terminal();
    if (!stream) throw new UsageError(`${board.name} has no output to listen to`);
    const lines = new LineEnds();
    const shown = shownOutput(cli);
    const ended = new Deferred<undefined>();
    const subscriptions = [
      stream.onData((chunk) => io.printNow(shown(lines.convert(chunk)))),
      transport.onClose((cause) => (cause ? ended.reject(cause) : ended.resolve(undefined))),
    ];
    const onAbort = () => ended.reject(abortError(io.signal));
    io.signal.addEventListener('abort', onAbort, { once: true });
    try {
      await ended.promise;
    } finally {
      for (const subscription of subscriptions) subscription.dispose();
      io.signal.removeEventListener('abort', onAbort);
    }
  });
};
