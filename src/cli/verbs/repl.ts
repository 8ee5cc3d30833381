import { closeSync, openSync, writeSync } from 'node:fs';
import { resolve } from 'node:path';
import { abortError, Deferred } from '../../core/async';
import { UsageError } from '../../core/errors';
import { DisposableStore } from '../../core/events';
import { LineEnds } from '../../core/repl';
import type { Cli, VerbRun } from '../cli';
import { ReplKeys } from '../input';
import { runOnBoards, shownOutput } from '../board';

/** Sequence that makes a terminal mark pasted text. */
const [PASTE_ON, PASTE_OFF] = ['\x1b[?2004h', '\x1b[?2004l'];

/** `repl [--log FILE]`: the board's REPL in this terminal, until Ctrl-]. Opening it sends nothing. */
export const run: VerbRun = (cli, args) => {
  if (args.length > 0) throw new UsageError('repl takes no arguments');
  if (!cli.input.isTerminal || cli.columns === undefined) {
    throw new UsageError('repl needs a terminal', {
      hint: 'To run code from a pipe or a script: mpyfleet exec -, or mpyfleet run FILE',
    });
  }
  return runOnBoards(cli, 'REPL', async (board, io, boards) => {
    if (boards.length > 1) {
      throw new UsageError('repl opens one board', {
        hint: 'mpyfleet log shows the output of several boards.',
      });
    }
    const transport = await board.transport(io.signal);
    if (cli.mount) await board.withSession(() => Promise.resolve(), { signal: io.signal });
    const stream = transport.terminal();
    if (!stream) throw new UsageError(`${board.name} has no REPL`);
    const log = openLog(cli);
    const shown = shownOutput(cli);
    const ended = new Deferred<undefined>();
    const keep = new DisposableStore();
    const keys = keep.add(
      new ReplKeys(transport, stream, {
        show: (text) => cli.out(text),
        leave: () => ended.resolve(undefined),
        fail: (error) => ended.reject(error),
      }),
    );
    const onAbort = () => ended.reject(abortError(io.signal));
    try {
      keep.add(
        transport.onClose((cause) => (cause ? ended.reject(cause) : ended.resolve(undefined))),
      );
      keep.add(
        stream.onData((chunk) => {
          keys.around(() => cli.out(shown(chunk)));
          log.write(chunk);
        }),
      );
      io.signal.addEventListener('abort', onAbort, { once: true });
      cli.err(`${board.name}: Ctrl-] leaves, Ctrl-C interrupts, Enter shows the prompt\n`);
      cli.out(PASTE_ON + (stream.lineMode?.prompt() ?? ''));
      keep.add(
        cli.input.listen(
          (chunk) => keys.input(chunk),
          () => ended.resolve(undefined),
        ),
      );
      await ended.promise;
    } finally {
      io.signal.removeEventListener('abort', onAbort);
      keep.dispose();
      cli.out(`${PASTE_OFF}\n`);
      log.close();
    }
  });
};

/** Appends the board's output to the file of --log. @throws UsageError */
function openLog({ cwd, options }: Cli): { write(chunk: Uint8Array): void; close(): void } {
  const { logFile } = options;
  if (logFile === undefined) return { write: () => undefined, close: () => undefined };
  let file: number;
  try {
    file = openSync(resolve(cwd, logFile), 'a');
  } catch (cause) {
    throw new UsageError(`${logFile} cannot be written: ${(cause as Error).message}`, { cause });
  }
  const lines = new LineEnds();
  return {
    write: (chunk) => void writeSync(file, lines.convert(chunk)),
    close: () => {
      writeSync(file, lines.end());
      closeSync(file);
    },
  };
}
