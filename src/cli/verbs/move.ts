import { FileError, UsageError } from '../../core/errors';
import { boardPath, boardPaths, expand } from '../files';
import type { VerbRun } from '../cli';
import { type CliBoard, runOnBoards } from '../board';
import { isMissing } from '../../core/files';

/**
 * `mv :FROM... :TO`: renames, or moves into a folder. Copies if the target is on another file
 * system.
 */
export const mv: VerbRun = (cli, args) => {
  const { from, to } = fromTo(args, 'mv');
  return runOnBoards(cli, 'Moving', async (board, io) => {
    for (const [source, target] of await pairs(board, from, to, io.signal)) {
      await move(board, source, target, io.signal);
    }
  });
};

/** `cp [-r] :FROM... :TO`: copies on the board itself. */
export const copyOnBoard: VerbRun = (cli, args) => {
  const { from, to } = fromTo(args, 'cp');
  return runOnBoards(cli, 'Copying', async (board, io) => {
    for (const [source, target] of await pairs(board, from, to, io.signal)) {
      const { type } = await board.files.stat(source, io.signal);
      if (type === 'dir' && !cli.options.recursive) throw isFolder(source);
      if (source === target)
        throw new UsageError(`${source} and its destination are the same file`);
      await board.files.copy(source, target, { overwrite: true, signal: io.signal });
    }
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
async function pairs(
  board: CliBoard,
  from: readonly string[],
  to: string,
  signal: AbortSignal,
): Promise<[source: string, target: string][]> {
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
  return sources.map((source) => [
    source,
    inside ? `${folder}/${source.slice(source.lastIndexOf('/') + 1)}` : target,
  ]);
}

async function move(
  board: CliBoard,
  source: string,
  target: string,
  signal: AbortSignal,
): Promise<void> {
  try {
    await board.files.rename(source, target, { overwrite: true, signal });
  } catch (error) {
    // MicroPython refuses to rename between file systems with EPERM. They are mounted at top-level
    // folders.
    const top = (path: string) => path.split('/')[1];
    const refused = error instanceof FileError && !['ENOENT', 'EISDIR'].includes(error.errno);
    if (!refused || top(source) === top(target)) throw error;
    await board.files.copy(source, target, { overwrite: true, signal });
    await board.files.remove(source, { recursive: true, signal });
  }
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
