import { FileError, UsageError } from '../../core/errors';
import { sharedName } from '../../core/many';
import type { Placement } from '../../core/sync';
import { boardPath, boardPaths, Copies, expand } from '../files';
import { printable, type VerbRun } from '../cli';
import { type CliBoard, runOnBoards } from '../board';
import { isMissing } from '../../core/files';

/**
 * `mv [--no-copy] :FROM... :TO`: renames, or moves into a folder. Copies if the target is on another file system. A copy of each
 * replaced file is kept for `undo`, which also moves back.
 */
export const mv: VerbRun = (cli, args) => {
  const { from, to } = fromTo(args, 'mv');
  const copies = new Copies(cli);
  return runOnBoards(cli, 'Moving', async (board, io, boards) => {
    const { signal } = io;
    const all = await placements(board, from, to, signal);
    const moved = all.filter((one) => one.from !== one.to);
    const kept = moved.length === 0 ? 0 : await copies.move(board, moved, signal);
    copies.say(io, 'replaced', kept, boards);
    return { moved, kept: kept ?? 0 };
  });
};

/** `cp [-r] [--no-copy] :FROM... :TO`: copies on the board itself, and keeps copies of replaced files for `undo`. */
export const copyOnBoard: VerbRun = (cli, args) => {
  const { from, to } = fromTo(args, 'cp');
  const copies = new Copies(cli);
  return runOnBoards(cli, 'Copying', async (board, io, boards) => {
    const { signal } = io;
    const all: (Placement & { type: 'file' | 'dir' })[] = [];
    for (const one of await placements(board, from, to, signal)) {
      const { type } = await board.files.stat(one.from, signal);
      if (type === 'dir' && !cli.options.recursive) throw isFolder(one.from);
      if (one.from === one.to)
        throw new UsageError(`${one.from} and its destination are the same file`);
      all.push({ ...one, type });
    }
    const kept = await copies.copy(board, all, signal);
    copies.say(io, 'replaced', kept, boards);
    return { copied: all, kept: kept ?? 0 };
  });
};

/** `touch :PATH...`: creates missing files; existing ones do not change. */
export const touch: VerbRun = (cli, args) => {
  const wanted = boardPaths(args, 'touch');
  return runOnBoards(cli, 'Making files', async (board, io) => {
    for (const path of wanted) {
      const absolute = await board.resolve(path, io.signal);
      if (await exists(board, absolute, io.signal)) continue;
      await board.files.write(absolute, new Uint8Array(), { signal: io.signal });
    }
  });
};

export function isFolder(path: string): FileError {
  return new FileError('EISDIR', path, `${path} is a folder`, {
    hint: 'Add -r to copy it with everything in it.',
  });
}

function fromTo(args: readonly string[], verb: string) {
  const to = args.at(-1);
  if (to === undefined || args.length < 2) {
    throw new UsageError(`${verb} needs paths on the board followed by their destination`, {
      hint: `mpyfleet ${verb} :old.py :new.py`,
    });
  }
  return { from: args.slice(0, -1).map(boardPath), to: boardPath(to) };
}

/**
 * Determines the target of each source: inside `to` if it is a folder or there are several sources,
 * or else `to` itself.
 */
async function placements(
  board: CliBoard,
  from: readonly string[],
  to: string,
  signal: AbortSignal,
): Promise<Placement[]> {
  const sources = await expand(board, from, signal);
  const target = await board.resolve(to, signal);
  const folder = target.replace(/\/+$/, '');
  const inside = folder !== target || to === '' || (await board.isFolder(target, signal));
  if (!inside && sources.length > 1) {
    throw new FileError(
      'ENOTDIR',
      target,
      `${target} is not a folder, so only one file can go there`,
    );
  }
  const placed = sources.map((source) => ({
    from: source,
    to: inside ? `${folder}/${source.slice(source.lastIndexOf('/') + 1)}` : target,
  }));
  const twice = sharedName(placed.map(({ to }) => to));
  if (twice !== undefined) {
    throw new UsageError(`Several of these files would become ${printable(twice)}`);
  }
  return placed;
}

async function exists(board: CliBoard, path: string, signal: AbortSignal): Promise<boolean> {
  try {
    await board.files.stat(path, signal);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}
