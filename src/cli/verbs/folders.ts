import { UsageError } from '../../core/errors';
import type { Cli, VerbRun } from '../cli';
import { printable } from '../cli';
import { runOnBoards } from '../runOnBoards';

/** A path on the board as the user wrote it; the colon in front is optional where only boards have paths. */
export function boardPath(arg: string): string {
  return arg.startsWith(':') ? arg.slice(1) : arg;
}

function paths(args: readonly string[], verb: string): string[] {
  if (args.length === 0) {
    throw new UsageError(`${verb} wants a path on the board`, { hint: `mpyfleet ${verb} :lib` });
  }
  return args.map(boardPath);
}

/** `ls [:PATH]`: names and sizes; with -r everything below, with --hash the hashes. */
export const ls: VerbRun = async (cli, args) => {
  if (args.length > 1) throw new UsageError('ls wants one path at most');
  const [arg = ''] = args;
  return runOnBoards(cli, 'Listing', async (board, io) => {
    const { recursive, hash } = cli.options;
    const path = await board.resolve(boardPath(arg), io.signal);
    if (recursive || hash) {
      const entries = await board.files.walk(path, { hash, signal: io.signal });
      const shown = recursive ? entries : entries.filter((e) => parentOf(e.path) === path);
      for (const e of shown)
        io.say(line(e.type, e.size, e.path, hash ? (e.sha256 ?? '') : undefined));
      return shown;
    }
    const stat = path === '/' ? undefined : await board.files.stat(path, io.signal);
    const entries =
      stat?.type === 'file' ? [{ name: path, ...stat }] : await board.files.list(path, io.signal);
    for (const e of entries) io.say(line(e.type, e.size, e.name));
    return entries;
  });
};

function line(type: 'file' | 'dir', size: number, name: string, hash?: string): string {
  const digest = hash === undefined ? '' : `${hash.padEnd(64)}  `;
  const shown = printable(name).replaceAll('\n', '\ufffd');
  return `${String(type === 'dir' ? '' : size).padStart(10)}  ${digest}${shown}${type === 'dir' ? '/' : ''}\n`;
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/';
}

/** `mkdir [-p] :PATH...` */
export const mkdir: VerbRun = (cli, args) => {
  const wanted = paths(args, 'mkdir');
  return runOnBoards(cli, 'Making folders', async (board, io) => {
    for (const path of wanted) {
      const absolute = await board.resolve(path, io.signal);
      await board.files.mkdir(absolute, { parents: cli.options.parents, signal: io.signal });
    }
  });
};

/** `rm [-r] :PATH...` */
export const rm: VerbRun = (cli, args) => {
  const wanted = paths(args, 'rm');
  return runOnBoards(cli, 'Removing', async (board, io) => {
    for (const path of wanted) {
      const absolute = await board.resolve(path, io.signal);
      await board.files.remove(absolute, { recursive: cli.options.recursive, signal: io.signal });
    }
  });
};

/** `cat :PATH...`: content to standard output, byte for byte; in JSON as text, or base64 if it is none. */
export const cat: VerbRun = (cli: Cli, args) => {
  const wanted = paths(args, 'cat');
  return runOnBoards(cli, 'Reading', async (board, io) => {
    const files: unknown[] = [];
    for (const path of wanted) {
      const absolute = await board.resolve(path, io.signal);
      const content = await board.files.read(absolute, { signal: io.signal });
      if (cli.options.json) files.push({ path: absolute, ...asJson(content) });
      else io.print(content);
    }
    return files.length > 0 ? files : undefined;
  });
};

function asJson(content: Uint8Array): { text: string } | { base64: string } {
  try {
    return { text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(content) };
  } catch {
    return { base64: Buffer.from(content).toString('base64') }; // no text: that is an answer, not a fault
  }
}
