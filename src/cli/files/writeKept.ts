import type { TransferOptions, WriteItem } from '../../core/boardFiles';
import { inSession, mayHoldSecrets, SessionFiles } from '../../core/files';
import { writeRecorded } from '../../core/sync';
import type { BoardIo, CliBoard } from '../board';
import type { Copies } from './copies';

/** What became of files that were written to one board. */
export interface Written {
  /** Number of files that the board had already. */
  readonly same: number;
  /** Number of files whose copy was kept; undefined: the firmware cannot hash files. */
  readonly kept: number | undefined;
}

/**
 * Writes files to one board and keeps copies of those they replace, in one session: no one else works on the board between the
 * comparison and the last file, and a program is stopped only once.
 * @throws what writeMany throws, and FleetError if a copy cannot be kept
 */
export async function writeKept(
  copies: Copies,
  board: CliBoard,
  items: readonly WriteItem[],
  io: BoardIo,
): Promise<Written> {
  const { signal } = io;
  if (!copies.areKept) return { same: await writeCounted(board, items, io), kept: 0 };
  return inSession(
    (work, options) => board.withSession(work, options),
    async (session) => {
      const files = new SessionFiles((inner) => inner(session));
      const there = await copies.writeNew(board, items, files, optionsOf(io));
      if (there === true) return { same: 0, kept: 0 };
      const kept = await copies.before(board, items, signal, { files, there });
      await writeRecorded(kept, (changed) => files.writeMany(changed, optionsOf(io)));
      return { same: items.length - kept.changed.length, kept: kept.replaced };
    },
    {
      job: 'Uploading',
      signal,
      secret: items.some(({ path }) => mayHoldSecrets(path)),
      looks: false,
    },
  );
}

/** Writes files to a board. @returns the number of files that it had already @throws what writeMany throws */
export async function writeCounted(
  board: CliBoard,
  items: readonly WriteItem[],
  io: BoardIo,
): Promise<number> {
  let same = 0;
  const onSame = () => {
    same++;
  };
  await board.files.writeMany(items, { ...optionsOf(io), onSame });
  return same;
}

function optionsOf(
  io: BoardIo,
): Pick<TransferOptions, 'onProgress'> & { readonly signal: AbortSignal } {
  return { signal: io.signal, onProgress: (done, total, path) => io.progress(done, total, path) };
}
