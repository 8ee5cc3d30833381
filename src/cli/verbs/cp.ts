import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { counted } from '../../core/counted';
import { UsageError } from '../../core/errors';
import { Copies, expand, isUrlSource, writeKept } from '../files';
import { chooseBoards, loadLinks, runOnBoards } from '../board';
import type { Cli, VerbRun } from '../cli';
import { run as get } from './get';
import { copyOnBoard, isFolder } from './move';
import { run as put } from './put';

/** A place that `cp` was given. `board` undefined: the boards of -b. */
type Place =
  { readonly local: string } | { readonly board: string | undefined; readonly path: string };

/** `cp [-r] FROM... TO`: between this computer and boards, on a board, or from one board to others. */
export const run: VerbRun = async (cli, args) => {
  const places = args.map((arg) => placeOf(cli, arg));
  const to = places.at(-1);
  const from = places.slice(0, -1);
  if (!to || from.length === 0) {
    throw new UsageError('cp needs sources followed by a destination', {
      hint: 'mpyfleet cp main.py :   or   cp :log.txt .   or   cp kitchen:main.py workbench:',
    });
  }
  const locals = from.flatMap((p) => ('local' in p ? [p.local] : []));
  const remotes = from.flatMap((p) => ('local' in p ? [] : [p]));
  if ('local' in to) {
    const [source, ...others] = new Set(remotes.map((p) => p.board));
    if (locals.length > 0) {
      throw new UsageError('cp copies to a board or from a board; here both paths are local');
    }
    if (others.length > 0) throw oneSource();
    return get(on(cli, source), [...remotes.map((p) => `:${p.path}`), to.local]);
  }
  const target = on(cli, to.board);
  if (remotes.length === 0) return put(target, [...locals, `:${to.path}`]);
  if (locals.length > 0) throw oneSource();
  if (remotes.every((p) => p.board === to.board)) {
    return copyOnBoard(target, [...remotes.map((p) => `:${p.path}`), `:${to.path}`]);
  }
  return between(cli, remotes, target, to.path);
};

/** Reads from one board, then writes to the others. Each file is held in this computer's memory. */
async function between(
  cli: Cli,
  remotes: readonly { readonly board: string | undefined; readonly path: string }[],
  target: Cli,
  to: string,
): Promise<number> {
  const [source, ...others] = new Set(remotes.map((p) => p.board));
  if (others.length > 0) throw oneSource();
  const items = await readAll(
    on(cli, source),
    remotes.map((p) => p.path),
  );
  const [single] = items;
  const copies = new Copies(target);
  return runOnBoards(target, 'Copying', async (board, io, boards) => {
    const place = await board.resolve(to, io.signal);
    const folder = place.replace(/\/+$/, '');
    const inside =
      items.length > 1 || folder !== place || to === '' || (await board.isFolder(place, io.signal));
    const files = items.flatMap(({ name, files: own }) =>
      own.map(({ below, content }) => ({
        path: `${inside ? `${folder}/${name}` : folder}${below}`,
        content,
      })),
    );
    if (single?.files.length === 0) throw new UsageError(`${single.name} is an empty folder`);
    const { kept } = await writeKept(copies, board, files, io);
    const bytes = files.reduce((sum, f) => sum + f.content.length, 0);
    io.say(`${counted(files.length, 'file')}, ${bytes} bytes\n`);
    copies.say(io, 'replaced', kept, boards);
    return { files: files.length, bytes, kept: kept ?? 0 };
  });
}

/** A source: its name, and its files by their paths relative to it. */
interface Item {
  readonly name: string;
  readonly files: readonly { readonly below: string; readonly content: Uint8Array }[];
}

async function readAll(cli: Cli, wanted: readonly string[]): Promise<Item[]> {
  const links = await loadLinks(cli);
  try {
    const [board, ...others] = await chooseBoards(cli, links);
    if (!board || others.length > 0) throw oneSource();
    try {
      const { signal } = cli;
      const items: Item[] = [];
      for (const path of await expand(board, wanted, signal)) {
        const files: { below: string; content: Uint8Array }[] = [];
        const take = (content: Uint8Array, at: string) =>
          void files.push({ below: at.slice(path === '/' ? 0 : path.length), content });
        if (await board.isFolder(path, signal)) {
          if (!cli.options.recursive) throw isFolder(path);
          const entries = await board.files.walk(path, { signal });
          await board.files.readMany(
            entries.filter((e) => e.type === 'file'),
            take,
            { signal },
          );
        } else await board.files.readMany([{ path }], take, { signal });
        items.push({ name: path.slice(path.lastIndexOf('/') + 1), files });
      }
      await board.finish(signal);
      return items;
    } finally {
      await board.close();
    }
  } finally {
    await links.close();
  }
}

/**
 * Parses NAME:PATH, ADDRESS::PATH, :PATH, or a local path. An existing local file with that name
 * takes precedence, and so does a drive letter.
 */
function placeOf(cli: Cli, arg: string): Place {
  if (arg.startsWith(':')) return { board: undefined, path: arg.slice(1) };
  if (isUrlSource(arg)) return { local: arg };
  const [, board, path] =
    /^(.{2,}?)::(.*)$/s.exec(arg) ?? /^([\w.*?[\],@+-]{2,}):(.*)$/s.exec(arg) ?? [];
  if (board === undefined || path === undefined || existsSync(resolve(cli.cwd, arg))) {
    return { local: arg };
  }
  return { board, path };
}

/** Returns the same command line for other boards. */
function on(cli: Cli, board: string | undefined): Cli {
  return board === undefined ? cli : { ...cli, options: { ...cli.options, board: [board] } };
}

function oneSource(): UsageError {
  return new UsageError('cp copies from one board at a time', {
    hint: 'Name one board as the source: mpyfleet cp kitchen:main.py "rack[1-4]:"',
  });
}
