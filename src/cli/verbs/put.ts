import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import type { WriteItem } from '../../core/boardFiles';
import { FileError, UsageError } from '../../core/errors';
import type { Cli, VerbRun } from '../cli';
import type { CliBoard } from '../cliBoard';
import { GroupUpload } from '../groupUpload';
import { runOnBoards, type BoardIo } from '../runOnBoards';

/** Something to upload: its path below the target, and where it is here (undefined: a folder). */
interface Local {
  readonly path: string;
  readonly content: (() => Promise<Uint8Array>) | undefined;
}

/** `put [-r] LOCAL... :REMOTE`: each file verified on the board before it takes the place of the old one. */
export const run: VerbRun = async (cli, args) => {
  const remote = args.at(-1);
  const sources = args.slice(0, -1);
  if (!remote?.startsWith(':') || sources.length === 0) {
    throw new UsageError('put wants local files and then a place on the board', {
      hint: 'mpyfleet put main.py :   or   mpyfleet put a.py b.py :lib/',
    });
  }
  const locals = (await Promise.all(sources.map((s) => collect(cli, s)))).flat();
  const single = sources.length === 1 ? locals[0] : undefined;
  const isFile = single?.content !== undefined && locals.length === 1;
  const groups = new GroupUpload(cli.signal);
  return runOnBoards(cli, 'Uploading', async (board, io, boards) => {
    const target = await board.resolve(remote.slice(1), io.signal);
    const to = { board, boards, io, groups };
    const inside = (path: string) => `${target.replace(/\/+$/, '')}/${path}`;
    if (!single || /^:$|\/$/.test(remote) || target === '/') return upload(to, locals, inside);
    const renamed = (path: string) => target + path.slice(top(single.path).length);
    // Writing a file tells as well as asking first whether a folder is there, and saves the question.
    if (isFile && board.address.kind !== 'mqtt') {
      try {
        return await upload(to, locals, renamed);
      } catch (error) {
        if (!(error instanceof FileError && error.errno === 'EISDIR')) throw error;
        return await upload(to, locals, inside);
      }
    }
    return upload(to, locals, (await isFolder(board, target, io)) ? inside : renamed);
  });
};

interface Upload {
  readonly board: CliBoard;
  readonly boards: readonly CliBoard[];
  readonly io: BoardIo;
  readonly groups: GroupUpload;
}

/** Writes all files, then makes the folders that hold none. */
async function upload(
  { board, boards, io, groups }: Upload,
  locals: readonly Local[],
  place: (path: string) => string,
): Promise<{ files: number; bytes: number }> {
  let bytes = 0;
  const rest: WriteItem[] = [];
  for (const { path, content } of locals) {
    if (!content) continue;
    const counted = async () => {
      const data = await content();
      bytes += data.length;
      return data;
    };
    if (await groups.write(board, boards, place(path), content)) await counted();
    else rest.push({ path: place(path), content: counted });
  }
  const onProgress = (done: number, total: number, path: string) => io.progress(done, total, path);
  if (rest.length > 0) await board.files.writeMany(rest, { signal: io.signal, onProgress });
  for (const { path, content } of locals) {
    if (!content) await board.files.mkdir(place(path), { parents: true, signal: io.signal });
  }
  const files = locals.filter((l) => l.content).length;
  io.say(`${files === 1 ? '1 file' : `${files} files`}, ${bytes} bytes\n`);
  return { files, bytes };
}

/** What one local argument stands for; a folder with all that is in it. */
async function collect(cli: Cli, source: string): Promise<Local[]> {
  const path = resolve(cli.cwd, source);
  const found = await stat(path).catch((cause: unknown) => {
    throw new UsageError(`${source} cannot be read: ${(cause as Error).message}`, { cause });
  });
  if (found.isFile()) return [file(path, basename(path))];
  if (!found.isDirectory()) throw new UsageError(`${source} is neither a file nor a folder`);
  if (!cli.options.recursive) {
    throw new UsageError(`${source} is a folder`, {
      hint: 'Add -r to upload it with all that is in it.',
    });
  }
  const name = basename(path);
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  const inside = entries.flatMap((entry): Local[] => {
    const full = join(entry.parentPath, entry.name);
    const below = `${name}${full.slice(path.length).replaceAll('\\', '/')}`;
    if (entry.isDirectory()) return [{ path: below, content: undefined }];
    return entry.isFile() ? [file(full, below)] : [];
  });
  const folders = inside.filter(
    (l) => !l.content && !inside.some((o) => o.path.startsWith(`${l.path}/`)),
  );
  const files = inside.filter((l) => l.content);
  return inside.length === 0 ? [{ path: name, content: undefined }] : [...files, ...folders];
}

/** A file that is read once, when it is first needed, for however many boards. */
function file(path: string, name: string): Local {
  let content: Promise<Uint8Array> | undefined;
  return { path: name, content: () => (content ??= readFile(path)) };
}

async function isFolder(board: CliBoard, path: string, io: BoardIo): Promise<boolean> {
  try {
    return (await board.files.stat(path, io.signal)).type === 'dir';
  } catch (error) {
    if (error instanceof FileError && error.errno === 'ENOENT') return false;
    throw error;
  }
}

function top(path: string): string {
  return path.split('/')[0] ?? path;
}
