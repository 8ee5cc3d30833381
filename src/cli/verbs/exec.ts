import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { UsageError } from '../../core/errors';
import { LineEnds } from '../../core/repl/lineEnds';
import type { Cli, VerbRun } from '../cli';
import { runOnBoards } from '../runOnBoards';

/** `exec CODE | FILE | -`: runs Python code, its output streaming. */
export const run: VerbRun = async (cli, args) => {
  const code = await codeOf(cli, args);
  return runOnBoards(cli, 'Executing', async (board, io) => {
    const lines = new LineEnds();
    const onStdout = (chunk: Uint8Array) => io.print(lines.convert(chunk));
    try {
      await board.withSession((session) => session.exec(code, { signal: io.signal, onStdout }), {
        signal: io.signal,
      });
    } finally {
      io.print(lines.end());
    }
  });
};

/** The code itself, of a file that has this name, or from standard input. */
async function codeOf(cli: Cli, args: readonly string[]): Promise<string | Uint8Array> {
  const [what, ...more] = args;
  if (what === undefined || more.length > 0) {
    throw new UsageError('exec wants code, the name of a file, or - for standard input', {
      hint: "Put code in quotes: mpyfleet exec 'print(1)'",
    });
  }
  if (what === '-') return cli.readInput();
  const path = resolve(cli.cwd, what);
  if (await isFile(path)) return readFile(path);
  if (/^[^\s()='"]+\.py$/.test(what)) throw new UsageError(`There is no file ${what}`);
  return what;
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch (error) {
    // Code makes odd paths: too long, through a file, with forbidden characters. Then it is no file.
    if ((error as NodeJS.ErrnoException).code !== undefined) return false;
    throw error;
  }
}
