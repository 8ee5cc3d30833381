import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { ReadItem } from '../../core/boardFiles';
import { FileError, UsageError } from '../../core/errors';
import { localParts } from '../../core/localName';
import type { Cli, VerbRun } from '../cli';
import type { CliBoard } from '../cliBoard';
import { runOnBoards, type BoardIo } from '../runOnBoards';
import { boardPath } from './folders';

/** `get [-r] :REMOTE... LOCAL`; `-` is standard output; from several boards into a folder for each. */
export const run: VerbRun = async (cli, args) => {
  const local = args.at(-1);
  const remotes = args.slice(0, -1);
  if (local === undefined || remotes.length === 0 || local.startsWith(':')) {
    throw new UsageError('get wants paths on the board and then a local place', {
      hint: 'mpyfleet get :main.py .   or   mpyfleet get :log.txt -',
    });
  }
  return runOnBoards(cli, 'Downloading', async (board, io, boards) => {
    let bytes = 0;
    let files = 0;
    for (const remote of remotes) {
      const path = await board.resolve(boardPath(remote), io.signal);
      if (local === '-') {
        io.print(await board.files.read(path, { signal: io.signal }));
        continue;
      }
      const target = resolve(
        cli.cwd,
        boards.length > 1 ? join(local, ...localParts(board.name)) : local,
      );
      const many = remotes.length > 1 || boards.length > 1 || /[/\\]$/.test(local);
      const got = await download(cli, board, io, path, {
        target,
        intoFolder: many || (await isFolder(target)),
      });
      bytes += got.bytes;
      files += got.files;
    }
    if (local === '-') return undefined;
    io.say(`${files === 1 ? '1 file' : `${files} files`}, ${bytes} bytes\n`);
    return { files, bytes };
  });
};

async function download(
  cli: Cli,
  board: CliBoard,
  io: BoardIo,
  path: string,
  to: { target: string; intoFolder: boolean },
): Promise<{ files: number; bytes: number }> {
  const isFile = async () =>
    path !== '/' && (await board.files.stat(path, io.signal)).type === 'file';
  const name = path === '/' ? [] : localParts(path).slice(-1);
  const root = to.intoFolder ? join(to.target, ...name) : to.target;
  const asFile = () => fetchFiles(board, io, [{ path, local: root }]);
  if (!cli.options.recursive) {
    // Only a file will do. Reading it tells as well as asking first whether it is one, and saves the question.
    try {
      if (path !== '/') return await asFile();
    } catch (error) {
      const unclear = error instanceof FileError && error.errno !== 'ENOENT';
      if (!unclear || (await isFile())) throw error;
    }
    throw new FileError('EISDIR', path, `${path} is a folder`, {
      hint: 'Add -r to get it with all that is in it.',
    });
  }
  if (await isFile()) return asFile();
  await mkdir(root, { recursive: true });
  const wanted: Wanted[] = [];
  for (const entry of await board.files.walk(path, { signal: io.signal })) {
    const local = join(root, ...localParts(entry.path.slice(path.length)));
    if (entry.type === 'dir') await mkdir(local, { recursive: true });
    else wanted.push({ path: entry.path, size: entry.size, local });
  }
  return fetchFiles(board, io, wanted);
}

interface Wanted extends ReadItem {
  readonly local: string;
}

async function fetchFiles(
  board: CliBoard,
  io: BoardIo,
  wanted: readonly Wanted[],
): Promise<{ files: number; bytes: number }> {
  const places = new Map(wanted.map(({ path, local }) => [path, local]));
  let bytes = 0;
  const take = async (content: Uint8Array, path: string) => {
    await writeWhole(places.get(path) ?? '', content);
    bytes += content.length;
  };
  await board.files.readMany(wanted, take, {
    signal: io.signal,
    onProgress: (done, total, path) => io.progress(done, total, path),
  });
  return { files: wanted.length, bytes };
}

/** Writes beside the old file first, so that a full disk leaves that as it was. */
async function writeWhole(local: string, content: Uint8Array): Promise<void> {
  await mkdir(dirname(local), { recursive: true });
  const temporary = `${local}.mpyfleet~`;
  try {
    await writeFile(temporary, content);
    await rename(temporary, local);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
