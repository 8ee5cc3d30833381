import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { text, withoutBom } from '../../core/bytes';
import { UsageError } from '../../core/errors';
import { LineEnds } from '../../core/repl';
import type { Cli, VerbRun } from '../cli';
import { CodeInput, callsInput } from '../input';
import { runOnBoards, shownOutput } from '../board';

/** `exec CODE | FILE | -`: runs Python code and prints its output as it arrives. */
export const exec: VerbRun = async (cli, args) => {
  const [what, ...more] = args;
  if (what === undefined || more.length > 0) {
    throw new UsageError('exec needs code, the name of a file, or - for standard input', {
      hint: "Put code in quotes: mpyfleet exec 'print(1)'",
    });
  }
  if (what === '-') return execute(cli, await cli.input.readAll(), { feed: false });
  if (await isFile(resolve(cli.cwd, what))) return execute(cli, await sourceOf(cli, what));
  if (/^[^\s()='"]+\.py$/.test(what)) throw noFile(what);
  return execute(cli, what);
};

/** `run FILE | -`: runs a local file on the boards, without copying it to them. */
export const runFile: VerbRun = async (cli, args) => {
  const [file, ...more] = args;
  if (file === undefined || more.length > 0) {
    throw new UsageError('run needs one local file, or - for standard input', {
      hint: 'mpyfleet run blink.py. To run a file that is on the board: mpyfleet exec "import blink"',
    });
  }
  const isProgram = true;
  if (file === '-') return execute(cli, await cli.input.readAll(), { feed: false, isProgram });
  if (!(await isFile(resolve(cli.cwd, file)))) throw noFile(file);
  return execute(cli, await sourceOf(cli, file), { isProgram });
};

/** `eval EXPRESSION`: prints its value. */
export const evaluate: VerbRun = (cli, args) => {
  const [expression, ...more] = args;
  if (expression === undefined || more.length > 0) {
    throw new UsageError('eval needs one expression', { hint: "mpyfleet eval '6 * 7'" });
  }
  // On its own line, so that a comment in the expression ends before the bracket.
  return execute(cli, `print((\n${expression}\n))`);
};

/** Runs code on the boards. One board's code gets standard input, unless the code itself came from there (`feed` false). */
export async function execute(
  cli: Cli,
  code: string | Uint8Array,
  { feed = true, isProgram = false }: { feed?: boolean; isProgram?: boolean } = {},
): Promise<number> {
  const source = typeof code === 'string' ? code : withoutBom(code);
  const words = typeof source === 'string' ? source : text(source);
  // Standard input may belong to the caller's loop (`while read …; do mpyfleet …`), so only code
  // that reads it gets it.
  const reads = cli.input.isTerminal || callsInput(words) || /\bstdin\b/.test(words);
  return runOnBoards(cli, 'Executing', async (board, io, boards) => {
    const { can } = await board.transport(io.signal);
    const lines = new LineEnds();
    const shown = shownOutput(cli);
    const input =
      feed && reads && boards.length === 1 && can.stdin
        ? new CodeInput(cli.input, () => cli.interrupt(), callsInput(words))
        : undefined;
    const signal = input ? AbortSignal.any([io.signal, input.stop.signal]) : io.signal;
    const onStdout = (chunk: Uint8Array) => {
      input?.heard(chunk);
      io.print(shown(lines.convert(chunk)));
    };
    try {
      await board.withSession(
        (session) =>
          session.exec(source, {
            ...{ signal, onStdout, isProgram },
            ...(input ? { onStart: (write) => input.start(write) } : {}),
          }),
        { signal },
      );
    } finally {
      input?.dispose();
      io.print(lines.end());
    }
  });
}

function sourceOf(cli: Cli, file: string): Promise<Uint8Array> {
  return readFile(resolve(cli.cwd, file));
}

function noFile(file: string): UsageError {
  return new UsageError(`File ${file} was not found`, {
    hint: 'exec and run take files on this computer.',
  });
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch (error) {
    // As a path, code may be too long, lead through a file, or contain forbidden characters. In
    // these cases it is not a file.
    if ((error as NodeJS.ErrnoException).code !== undefined) return false;
    throw error;
  }
}
