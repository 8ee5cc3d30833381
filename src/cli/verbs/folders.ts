import type { Entry, Stat } from '../../core/boardFiles';
import { UsageError } from '../../core/errors';
import { boardMinute } from '../../core/timeText';
import { boardPath, boardPaths, expand, isPattern, jsonContent } from '../files';
import type { Cli, VerbRun } from '../cli';
import { printable } from '../cli';
import { type CliBoard, runOnBoards, shownOutput } from '../board';

/**
 * `ls [:PATH]`: lists names and sizes; with -r everything below, with -l the dates, with --hash the
 * hashes.
 */
export const ls: VerbRun = async (cli, args) => {
  if (args.length > 1) throw new UsageError('ls takes one path at most');
  const wanted = boardPath(args[0] ?? '');
  return runOnBoards(cli, 'Listing', async (board, io) => {
    const { recursive, hash, long } = cli.options;
    const shown = { long, hash };
    if (isPattern(wanted)) {
      const entries = await entriesOf(board, await expand(board, [wanted], io.signal), io.signal);
      for (const e of entries) io.say(line(e.name, e, { long }));
      return entries;
    }
    const path = await board.resolve(wanted, io.signal);
    if (!recursive && !hash) {
      const stat = path === '/' ? undefined : await board.files.stat(path, io.signal);
      const entries = stat?.type === 'file' ? [{ name: path, ...stat }] : undefined;
      if (entries ?? !long) {
        const all = entries ?? (await board.files.list(path, io.signal));
        for (const e of all) io.say(line(e.name, e, { long }));
        return all;
      }
    }
    const options = { hash, dates: long, shallow: !recursive, signal: io.signal };
    const entries = await board.files.walk(path, options);
    const from = recursive || hash ? 0 : path.replace(/\/$/, '').length + 1;
    for (const e of entries) io.say(line(e.path.slice(from), e, shown));
    return entries;
  });
};

/** Lists each of `paths` under its absolute path. */
function entriesOf(
  board: CliBoard,
  paths: readonly string[],
  signal: AbortSignal,
): Promise<Entry[]> {
  return paths.reduce<Promise<Entry[]>>(
    async (done, path) => [
      ...(await done),
      { name: path, ...(await board.files.stat(path, signal)) },
    ],
    Promise.resolve([]),
  );
}

/**
 * Formats one entry. A date comes from the board's own clock, which has no time zone. Files without
 * one leave the column empty.
 */
function line(
  name: string,
  { type, size, mtime, sha256 }: Stat & { sha256?: string },
  { long, hash = false }: { long: boolean; hash?: boolean },
): string {
  const date = (mtime === undefined ? undefined : boardMinute(mtime)) ?? '';
  const columns = [
    String(type === 'dir' ? '' : size).padStart(10),
    ...(long ? [date.padEnd(16)] : []),
    ...(hash ? [(sha256 ?? '').padEnd(64)] : []),
  ];
  const shown = printable(name).replaceAll('\n', '\ufffd');
  return `${columns.join('  ')}  ${shown}${type === 'dir' ? '/' : ''}\n`;
}

/** `mkdir [-p] :PATH...` */
export const mkdir: VerbRun = (cli, args) => {
  const wanted = boardPaths(args, 'mkdir');
  return runOnBoards(cli, 'Making folders', async (board, io) => {
    for (const path of wanted) {
      const absolute = await board.resolve(path, io.signal);
      await board.files.mkdir(absolute, { parents: cli.options.parents, signal: io.signal });
    }
  });
};

/** `cat :PATH...`: content to standard output, byte for byte unless that is a terminal; in JSON as text, or base64 if it is none. */
export const cat: VerbRun = (cli: Cli, args) => {
  const wanted = boardPaths(args, 'cat');
  return runOnBoards(cli, 'Reading', async (board, io) => {
    const files: unknown[] = [];
    for (const path of await expand(board, wanted, io.signal)) {
      const content = await board.files.read(path, { signal: io.signal });
      if (cli.options.json) files.push({ path, ...jsonContent(content) });
      else io.print(shownOutput(cli)(content));
    }
    return files.length > 0 ? files : undefined;
  });
};
