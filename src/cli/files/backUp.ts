import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { counted } from '../../core/counted';
import { asError, CancelledError, FleetError, UsageError } from '../../core/errors';
import { FlashError } from '../../core/flash';
import { orAbsent, replaceFile } from '../../core/localFiles';
import { fetchFiles, filesAt } from '../../core/many';
import type { BoardIo, CliBoard } from '../board';
import { printable, type Cli } from '../cli';

/** The files that were saved, and the local folder that has them. */
interface Backup {
  readonly folder: string;
  readonly files: number;
  readonly bytes: number;
}

/**
 * Saves all files of a board into a local folder before the board is flashed.
 * @throws FlashError if not all of them could be saved; its program then runs again
 */
export async function backUp(
  cli: Cli,
  board: CliBoard,
  io: BoardIo,
  folder: string,
): Promise<Backup> {
  // A view of its own: `finish` restarts the program of this one only, and not the new firmware after it was flashed.
  const old = board.shownAs(board.name);
  try {
    const { files, bytes } = await save(old, io, folder);
    const what = `${counted(files, 'file')}, ${bytes} bytes`;
    io.say(printable(files === 0 ? 'No files to save.\n' : `Saved in ${folder}: ${what}\n`));
    return { folder, files, bytes };
  } catch (error) {
    if (error instanceof CancelledError) throw error;
    await old.finish(io.signal).catch((failed: unknown) => {
      cli.log.warn(`${board.name} was not restarted: ${asError(failed).message}`);
    });
    const cause = asError(error);
    const next = error instanceof FleetError && error.hint !== undefined ? `${error.hint} ` : '';
    throw new FlashError(
      'other',
      `The files of ${board.name} were not saved, so it was not flashed: ${cause.message}`,
      { hint: `${next}Without --backup it is flashed as it is.`, cause },
    );
  } finally {
    await old.close();
  }
}

async function save(board: CliBoard, io: BoardIo, folder: string): Promise<Omit<Backup, 'folder'>> {
  const { signal } = io;
  const files = await filesAt(board, ['/'], signal);
  const total = files.reduce((sum, { size }) => sum + size, 0);
  let bytes = 0;
  const put = async (parts: readonly string[], content: Uint8Array) => {
    bytes += content.length;
    const local = join(folder, ...parts);
    const before = await orAbsent(readFile(local), undefined);
    if (before?.equals(content)) return;
    // It may be the backup of a board that was flashed before, and the only copy of its files.
    if (before)
      throw new UsageError(`${local} already exists with other content`, {
        hint: 'Name another folder.',
      });
    await replaceFile(local, content);
  };
  const onProgress = (done: number, path: string) => io.progress(done, total, path);
  await fetchFiles(board, files, put, { signal, onProgress });
  return { files: files.length, bytes };
}
