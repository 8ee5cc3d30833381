import { counted } from '../../core/counted';
import { bytesText } from '../../core/board';
import type { Space, WalkEntry } from '../../core/boardFiles';
import { FileError, UsageError } from '../../core/errors';
import { boardPath, boardPaths, expand } from '../files';
import { printable, type VerbRun } from '../cli';
import { type CliBoard, runOnBoards } from '../board';

/** `tree [:PATH]`: draws everything below a folder. */
export const tree: VerbRun = (cli, args) => {
  if (args.length > 1) throw new UsageError('tree takes one path at most');
  const wanted = boardPath(args[0] ?? '');
  return runOnBoards(cli, 'Listing', async (board, io) => {
    const top = await board.resolve(wanted, io.signal);
    const entries = await board.files.walk(top, { signal: io.signal });
    io.say(`${printable(top)}\n`);
    for (const line of drawn(entries, top, cli.options.size)) io.say(`${line}\n`);
    const files = entries.filter((e) => e.type === 'file');
    const bytes = files.reduce((sum, e) => sum + e.size, 0);
    const folders = counted(entries.length - files.length, 'folder');
    io.say(`${folders}, ${counted(files.length, 'file')}, ${bytesText(bytes)}\n`);
    return entries;
  });
};

/**
 * Returns the lines of a tree, folders and files by name; with `sizes`, the bytes of files before
 * their names.
 */
export function drawn(entries: readonly WalkEntry[], top: string, sizes = false): string[] {
  const width = Math.max(...entries.map((e) => String(e.size).length), 0);
  const inside = new Map<string, WalkEntry[]>();
  for (const entry of entries) {
    const parent = entry.path.slice(0, entry.path.lastIndexOf('/')) || '/';
    inside.set(parent, [...(inside.get(parent) ?? []), entry]);
  }
  const below = (folder: string, indent: string): string[] => {
    const own = [...(inside.get(folder) ?? [])].sort((a, b) => (a.path < b.path ? -1 : 1));
    return own.flatMap((entry, i) => {
      const last = i === own.length - 1;
      const name = printable(entry.path.slice(entry.path.lastIndexOf('/') + 1));
      const size = sizes && entry.type === 'file' ? `${String(entry.size).padStart(width)}  ` : '';
      const line = `${indent}${last ? '└── ' : '├── '}${size}${name.replaceAll('\n', '\ufffd')}${entry.type === 'dir' ? '/' : ''}`;
      return [line, ...below(entry.path, `${indent}${last ? '    ' : '│   '}`)];
    });
  };
  return below(top, '');
}

interface Mount extends Space {
  readonly path: string;
}

/**
 * `df [:PATH...]`: prints size and free space of the file systems; without paths, of all mounted
 * ones.
 */
export const df: VerbRun = (cli, args) => {
  const wanted = args.map(boardPath);
  return runOnBoards(cli, 'Asking', async (board, io) => {
    const mounts = wanted.length
      ? await spaces(board, await expand(board, wanted, io.signal), io.signal)
      : await mounted(board, io.signal);
    const rows = mounts.map(({ path, total, free }) => [
      printable(path),
      ...[total, total - free, free].map(String),
      total > 0 ? `${Math.round((100 * (total - free)) / total)} %` : '-',
    ]);
    for (const line of columns([['mounted at', 'bytes', 'used', 'free', 'use'], ...rows])) {
      io.say(`${line}\n`);
    }
    return mounts;
  });
};

async function spaces(board: CliBoard, paths: readonly string[], signal: AbortSignal) {
  const found: Mount[] = [];
  for (const path of paths) found.push({ path, ...(await board.files.space(path, signal)) });
  return found;
}

/**
 * Returns the file systems mounted at the root or directly below it. A folder shares the figures of
 * its file system.
 */
async function mounted(board: CliBoard, signal: AbortSignal): Promise<readonly Mount[]> {
  const folders = (await board.files.list('/', signal)).filter((e) => e.type === 'dir');
  const places = ['/', ...folders.map((e) => `/${e.name}`)];
  const all = (await spaces(board, places, signal)).filter((m) => m.total > 0);
  const { home } = await board.files.places(signal);
  // Nothing is mounted at the root, so every folder there is a file system, and the root's figures are those of one of them.
  if (home !== '/') return all.filter((m) => m.path !== '/');
  const root = all.find((m) => m.path === '/');
  return all.filter((m) => m === root || m.total !== root?.total || m.free !== root.free);
}

/** Aligns the first column to the left, the others to the right. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]?.map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0))) ?? [];
  return rows.map((row) =>
    row
      .map((cell, i) => (i ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[0] ?? 0)))
      .join('  '),
  );
}

/** `sha256sum :PATH...`: prints hashes in the format of the program with that name. */
export const sha256sum: VerbRun = (cli, args) => {
  const wanted = boardPaths(args, 'sha256sum');
  return runOnBoards(cli, 'Hashing', async (board, io) => {
    const paths = await expand(board, wanted, io.signal);
    const hashes = await board.files.hash(paths, io.signal);
    const files = paths.map((path, i) => {
      const sha256 = hashes[i];
      if (sha256 === undefined) {
        throw new FileError('ENOENT', path, `${printable(path)} is not a file on the board`);
      }
      return { path, sha256 };
    });
    for (const { path, sha256 } of files) io.say(`${sha256}  ${printable(path)}\n`);
    return files;
  });
};
