import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join, posix, resolve } from 'node:path';
import { counted } from '../../core/counted';
import { withoutBom } from '../../core/bytes';
import { asError, FileError, UsageError } from '../../core/errors';
import { BUILT_IN_RULES, nodeLocalFs, VENV_MARK } from '../../core/sync';
import {
  boardPath,
  Copies,
  expandLocal,
  fromUrl,
  isUrlSource,
  type Local,
  savedPlace,
  writeKept,
} from '../files';
import { printable, type Cli, type VerbRun } from '../cli';
import { type CliBoard, runOnBoards } from '../board';
import { GroupPut, type LoadedItem } from '../fleet';

/**
 * `put [-r] [--no-copy] LOCAL|URL... :REMOTE`: each file is verified on the board before it replaces the old one, of which a
 * copy is kept for `undo`, as the window does.
 */
export const run: VerbRun = async (cli, args) => {
  const [only = ''] = args;
  const saved = args.length === 1 ? await savedPlace(cli, only) : undefined;
  const remote = saved ?? args.at(-1);
  const sources = saved === undefined ? args.slice(0, -1) : args;
  // Git Bash changes board paths into Windows paths; boardPath explains this.
  if (remote !== undefined && sources.length > 0) boardPath(remote);
  if (!remote?.startsWith(':') || sources.length === 0) {
    throw new UsageError('put needs local files followed by a board path', {
      hint: 'mpyfleet put main.py :   or   mpyfleet put a.py b.py :lib/',
    });
  }
  const here = sources.flatMap((s) => (isUrlSource(s) ? [s] : expandLocal(cli.cwd, [s])));
  const locals = (
    await Promise.all(here.map((s) => (isUrlSource(s) ? fromUrl(cli, s) : collect(cli, s))))
  ).flat();
  const files: LoadedItem[] = [];
  for (const { path, content } of locals) {
    if (content)
      files.push({ path, content: await content().catch((e: unknown) => notRead(path, e)) });
  }
  const single = here.length === 1 ? locals[0] : undefined;
  const isFile = single?.content !== undefined && locals.length === 1;
  const place = boardPath(remote);
  /** Returns the path on the board of each local path. `renamed`: as it is called if the target is not a folder. */
  const placed = async (
    board: CliBoard,
    signal: AbortSignal,
    renamed?: boolean,
  ): Promise<Place> => {
    const target = await board.resolve(place, signal);
    const inside = (path: string) => `${target.replace(/\/+$/, '')}/${path}`;
    if (!single || /^:$|\/$/.test(remote) || target === '/') return inside;
    const isInside = renamed === undefined ? await board.isFolder(target, signal) : !renamed;
    return isInside ? inside : (path) => target + path.slice(top(single.path).length);
  };
  /** Found out once, before anything is written: what is written may make the target a folder. */
  const places = new Map<CliBoard, Promise<Place>>();
  const placeOn = (board: CliBoard, signal: AbortSignal) => {
    const found = places.get(board) ?? placed(board, signal);
    places.set(board, found);
    return found;
  };
  const at = (to: Place) => files.map(({ path, content }) => ({ path: to(path), content }));
  const copies = new Copies(cli);
  const groups = new GroupPut(cli, copies, async (board, signal) =>
    at(await placeOn(board, signal)),
  );
  return runOnBoards(cli, 'Uploading', async (board, io, boards) => {
    const { signal } = io;
    for (const { path, content } of files) {
      if (path.endsWith('.py') && withoutBom(content) !== content) {
        io.say(
          `${path} begins with a byte order mark, which MicroPython does not accept; save it as UTF-8 without BOM\n`,
        );
      }
    }
    const write = async (to: Promise<Place>) => writeKept(copies, board, at(await to), io);
    /** Writing a file shows just as well as a question whether the target is a folder, and saves a round trip. */
    const writeFile = () =>
      write(placed(board, signal, true)).catch((error: unknown) => {
        if (!(error instanceof FileError && error.errno === 'EISDIR')) throw error;
        return write(placed(board, signal, false));
      });
    const { same, kept } =
      (await groups.write(board, boards, io)) ??
      (await (isFile && board.address.kind !== 'mqtt'
        ? writeFile()
        : write(placeOn(board, signal))));
    if (files.length < locals.length) {
      const to = await placeOn(board, signal);
      for (const { path, content } of locals) {
        if (!content) await board.files.mkdir(to(path), { parents: true, signal });
      }
    }
    const bytes = files.reduce((sum, { content }) => sum + content.length, 0);
    io.say(`${counted(files.length, 'file')}, ${bytes} bytes${alreadyThere(same, files.length)}\n`);
    copies.say(io, 'replaced', kept, boards);
    return { files: files.length, bytes, same, kept: kept ?? 0 };
  });
};

function notRead(source: string, cause: unknown): never {
  throw new UsageError(`${source} cannot be read: ${asError(cause).message}`, { cause });
}

/** Returns the path on a board of a path below the local sources. */
type Place = (path: string) => string;

/** Says how many of the files were not sent because the board had them. */
function alreadyThere(same: number, files: number): string {
  if (same === 0) return '';
  if (same < files) return `, ${same} of them already on the board`;
  return ', already on the board';
}

/** Expands one local argument; a folder includes everything in it. */
async function collect(cli: Cli, source: string): Promise<Local[]> {
  const path = resolve(cli.cwd, source);
  const found = await stat(path).catch((e: unknown) => notRead(source, e));
  if (found.isFile()) return [file(path, basename(path))];
  if (!found.isDirectory()) throw new UsageError(`${source} is neither a file nor a folder`);
  if (!cli.options.recursive) {
    throw new UsageError(`${source} is a folder`, {
      hint: 'Add -r to upload it with everything in it.',
    });
  }
  const name = basename(path);
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  const within = (full: string) => full.slice(path.length + 1).replaceAll('\\', '/');
  const environments = entries
    .filter((entry) => entry.name === VENV_MARK)
    .map((entry) => within(entry.parentPath));
  // Skips the same files as a sync. A file that is named explicitly is always sent.
  const isLeftOut = (relative: string, isDir: boolean) =>
    BUILT_IN_RULES.ignores(relative, isDir) ||
    environments.some((at) => at === '' || relative === at || relative.startsWith(`${at}/`));
  const leftOut = new Set<string>();
  const links = new Map<string, boolean>();
  for (const entry of entries.filter((e) => e.isSymbolicLink())) {
    const full = join(entry.parentPath, entry.name);
    links.set(full, await leadsToFileInside(full, path));
  }
  const lost: string[] = [];
  const inside = entries.flatMap((entry): Local[] => {
    const full = join(entry.parentPath, entry.name);
    const relative = within(full);
    if (isLeftOut(relative, entry.isDirectory())) {
      leftOut.add(relative);
      return [];
    }
    const below = `${name}/${relative}`;
    if (entry.isDirectory()) return [{ path: below, content: undefined }];
    if (entry.isFile() || links.get(full)) return [file(full, below)];
    lost.push(relative);
    return [];
  });
  if (lost.length > 0) {
    cli.err(
      `Left out, because they are links to folders or to places outside ${printable(name)}, or not files: ${printable(lost.sort().join(', '))}\n`,
    );
  }
  const tops = [...leftOut].filter((at) => !leftOut.has(posix.dirname(at)));
  if (tops.length > 0) {
    cli.err(`Left out, because no board needs them: ${printable(tops.sort().join(', '))}\n`);
  }
  const folders = inside.filter(
    (l) => !l.content && !inside.some((o) => o.path.startsWith(`${l.path}/`)),
  );
  const files = inside.filter((l) => l.content);
  return inside.length === 0 ? [{ path: name, content: undefined }] : [...files, ...folders];
}

/**
 * Returns whether a link counts as its target file, as in a sync: if that is in the same folder.
 */
async function leadsToFileInside(link: string, folder: string): Promise<boolean> {
  const [real, base] = await Promise.all([link, folder].map((path) => nodeLocalFs.real(path)));
  return real?.startsWith(`${base}/`) === true && (await nodeLocalFs.stat(real))?.type === 'file';
}

/** Returns a local file that is read once, on first use, for any number of boards. */
function file(path: string, name: string): Local {
  let content: Promise<Uint8Array> | undefined;
  return { path: name, content: () => (content ??= readFile(path)) };
}

function top(path: string): string {
  return path.split('/')[0] ?? path;
}
