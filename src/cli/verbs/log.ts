import { abortError, Deferred } from '../../core/async';
import { UsageError } from '../../core/errors';
import { LineEnds } from '../../core/repl/lineEnds';
import type { VerbRun } from '../cli';
import { runOnBoards } from '../runOnBoards';

/** `log`: what boards print, as they print it, until Ctrl-C (or --timeout). Nothing is sent to them. */
export const run: VerbRun = (cli, args) => {
  if (args.length > 0) throw new UsageError('log wants no arguments');
  return runOnBoards(cli, 'Listening', async (board, io) => {
    const transport = await board.transport(io.signal);
    const stream = transport.terminal();
    if (!stream) throw new UsageError(`${board.name} has no output to listen to`);
    const lines = new LineEnds();
    const ended = new Deferred<undefined>();
    const subscriptions = [
      stream.onData((chunk) => io.printNow(lines.convert(chunk))),
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
