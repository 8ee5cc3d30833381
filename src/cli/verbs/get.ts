import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { counted } from '../../core/counted';
import type { ReadItem } from '../../core/boardFiles';
import { FileError, UsageError } from '../../core/errors';
import { holdable, hostNames, localParts, nameProblem } from '../../core/files';
import { isLocalFolder, replaceFile } from '../../core/localFiles';
import { boardPath, expand } from '../files';
import { printable, type Cli, type VerbRun } from '../cli';
import { type BoardIo, type CliBoard, runOnBoards, shownOutput } from '../board';

/**
 * `get [-r] :REMOTE... LOCAL`: downloads files; `-` is standard output. Several boards get a folder
 * each.
 */
export const run: VerbRun = async (cli, args) => {
  const local = args.at(-1);
  const wanted = args.slice(0, -1).map(boardPath);
  if (local === undefined || wanted.length === 0 || local.startsWith(':')) {
    throw new UsageError('get needs paths on the board followed by a local path', {
      hint: 'mpyfleet get :main.py .   or   mpyfleet get :log.txt -',
    });
  }
  return runOnBoards(cli, 'Downloading', async (board, io, boards) => {
    let bytes = 0;
    let files = 0;
    const remotes = await expand(board, wanted, io.signal);
    for (const path of remotes) {
      if (local === '-') {
        io.print(shownOutput(cli)(await board.files.read(path, { signal: io.signal })));
        continue;
      }
      const target = resolve(
        cli.cwd,
        boards.length > 1 ? join(local, ...localParts(board.name)) : local,
      );
      const many = remotes.length > 1 || boards.length > 1 || /[/\\]$/.test(local);
      const got = await download(cli, board, io, path, {
        target,
        intoFolder: many || (await isLocalFolder(target)),
      });
      bytes += got.bytes;
      files += got.files;
    }
    if (local === '-') return undefined;
    io.say(`${counted(files, 'file')}, ${bytes} bytes\n`);
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
    // The target must be a file. Reading fails for a folder, so it is not checked separately.
    try {
      if (path !== '/') return await asFile();
    } catch (error) {
      const unclear = error instanceof FileError && error.errno !== 'ENOENT';
      if (!unclear || (await isFile())) throw error;
    }
    throw new FileError('EISDIR', path, `${path} is a folder`, {
      hint: 'Add -r to get it with everything in it.',
    });
  }
  if (await isFile()) return asFile();
  await mkdir(root, { recursive: true });
  const wanted: Wanted[] = [];
  const { fit, unfit } = holdable(await board.files.walk(path, { signal: io.signal }), path.length);
  for (const entry of unfit) {
    io.say(`warning: ${printable(entry.path)} is left out: ${why(entry.path)}\n`);
  }
  for (const entry of fit) {
    const local = join(root, ...localParts(entry.path.slice(path.length)));
    if (entry.type === 'dir') await mkdir(local, { recursive: true });
    else wanted.push({ path: entry.path, size: entry.size, local });
  }
  return fetchFiles(board, io, wanted);
}

/** Explains why a file of a folder is not downloaded. */
function why(path: string): string {
  return nameProblem(path, hostNames())?.severity === 'error'
    ? 'this computer cannot have that name'
    : 'tools on this computer act on such a file; to get it anyway, name it';
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
    await replaceFile(places.get(path) ?? '', content);
    bytes += content.length;
  };
  await board.files.readMany(wanted, take, {
    signal: io.signal,
    onProgress: (done, total, path) => io.progress(done, total, path),
  });
  return { files: wanted.length, bytes };
}
