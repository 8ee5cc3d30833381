import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileError, UsageError } from '../../core/errors';
import { isMissing, localParts } from '../../core/files';
import { boardPath, Copies, writeKept } from '../files';
import type { Cli, VerbRun } from '../cli';
import { type BoardIo, type CliBoard, runOnBoards } from '../board';

/**
 * `edit [--no-copy] :PATH...`: opens files of the board in the user's editor, one after the other, and writes each back if it has
 * changed. A copy of the old content is kept for `undo`.
 */
export const run: VerbRun = (cli, args) => {
  if (args.length === 0) {
    throw new UsageError('edit needs a file on the board', { hint: 'mpyfleet edit :main.py' });
  }
  const wanted = args.map(boardPath);
  return runOnBoards(cli, 'Editing', async (board, io, boards) => {
    if (boards.length > 1) throw new UsageError('edit works on one board');
    const copies = new Copies(cli);
    for (const path of wanted) {
      const kept = await edit(cli, copies, board, path, io);
      copies.say(io, 'replaced', kept, boards);
    }
  });
};

/** Edits one file. @returns the number of files whose copy was kept; undefined: the firmware cannot hash files */
async function edit(
  cli: Cli,
  copies: Copies,
  board: CliBoard,
  wanted: string,
  io: BoardIo,
): Promise<number | undefined> {
  const path = await board.resolve(wanted, io.signal);
  const old = await contentOf(board, path, io.signal);
  await board.close(); // others may use the board while its file is open in the editor
  const edited = await inEditor(cli, path, old ?? new Uint8Array());
  let copied: number | undefined = 0;
  if (edited.kept !== undefined && !same(edited.content, old)) {
    copied = await writeBack(copies, board, path, { ...edited, old, kept: edited.kept }, io);
    io.say(`${path} written, ${edited.content.length} bytes\n`);
  } else io.say(`${path} was not changed\n`);
  if (edited.kept !== undefined) await rm(edited.kept, { recursive: true, force: true });
  return copied;
}

interface Edited {
  readonly content: Uint8Array;
  /** Folder with the edited copy, kept until it is safely on the board. */
  readonly kept: string | undefined;
}

async function writeBack(
  copies: Copies,
  board: CliBoard,
  path: string,
  { content, old, kept }: { content: Uint8Array; old: Uint8Array | undefined; kept: string },
  io: BoardIo,
): Promise<number | undefined> {
  const { signal } = io;
  try {
    if (!same((await contentOf(board, path, signal)) ?? new Uint8Array(), old)) {
      throw new FileError('EEXIST', path, `${path} was changed on the board in the meantime`);
    }
    if (old) return (await writeKept(copies, board, [{ path, content }], io)).kept;
    // Without a record: undo would remove the file, and its text is nowhere else.
    await board.files.write(path, content, { signal });
    return 0;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw new FileError('EIO', path, `${error.message} Nothing was written.`, {
      cause: error,
      hint: `Your text was saved in ${kept}.`,
    });
  }
}

async function contentOf(
  board: CliBoard,
  path: string,
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  try {
    return await board.files.read(path, { signal });
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Lets the user edit `content` under the file's own name, so that the editor knows its language. */
async function inEditor(cli: Cli, path: string, content: Uint8Array): Promise<Edited> {
  const folder = await mkdtemp(join(tmpdir(), 'mpyfleet-edit-'));
  const file = join(folder, ...localParts(path).slice(-1));
  await writeFile(file, content);
  const editor =
    cli.env.VISUAL ?? cli.env.EDITOR ?? (process.platform === 'win32' ? 'notepad' : 'vi');
  const status = await cli.edit(editor, file);
  if (status !== 0) {
    await rm(folder, { recursive: true, force: true });
    throw new UsageError(`The editor (${editor}) exited with status ${String(status)}`, {
      hint: 'Nothing was written. Set VISUAL or EDITOR to choose the editor.',
    });
  }
  return { content: await readFile(file), kept: folder };
}

function same(a: Uint8Array, b: Uint8Array | undefined): boolean {
  return b === undefined ? a.length === 0 : Buffer.compare(a, b) === 0;
}
