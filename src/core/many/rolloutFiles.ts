import type { Board } from '../board/board';
import { text } from '../bytes';
import { FileError, UsageError } from '../errors';
import type { UploadFile } from './fleetActions';
import type { RolloutSteps } from './rollout';

/** Where a board keeps what a roll-out replaces, until it is settled. */
export const KEPT_FOLDER = '/.mpyfleet-kept';

export interface FileRollout {
  readonly files: readonly UploadFile[];
  /** Python expression that is true on a board that is well; undefined: the upload is enough. */
  readonly health?: string;
  /** Soft reset after the upload and after a roll-back, so that the new (or old) program runs. */
  readonly reset: boolean;
}

/**
 * The steps of a roll-out of files. The old files stay on the board itself, renamed away or copied, so that putting them
 * back needs neither this computer's memory nor much time on the line.
 */
export class FileRolloutSteps implements RolloutSteps<Board> {
  /** Per board: files that were there before, and those that were not. */
  readonly #before = new Map<Board, { kept: string[]; added: string[] }>();

  constructor(private readonly what: FileRollout) {
    const { health } = what;
    if (health !== undefined && (health.trim() === '' || /[\r\n]/.test(health))) {
      throw new UsageError('The health check must be one Python expression on one line');
    }
  }

  async apply(board: Board, signal: AbortSignal): Promise<void> {
    const paths = this.what.files.map((f) => f.path);
    const hashes = await board.files.hash(paths, signal);
    const before = { kept: [] as string[], added: [] as string[] };
    await this.#clear(board, signal);
    await board.files.mkdir(KEPT_FOLDER, { parents: true, signal });
    for (const [i, path] of paths.entries()) {
      if (hashes[i] === undefined) before.added.push(path);
      else {
        await board.files.copy(path, keptPath(i), { overwrite: true, signal });
        before.kept.push(path);
      }
    }
    this.#before.set(board, before);
    await board.files.writeMany(this.what.files, { signal });
    if (this.what.reset) await board.reset('soft', signal);
  }

  async healthy(board: Board, signal: AbortSignal): Promise<boolean> {
    if (this.what.health === undefined) return true;
    const code = `print(1 if (${this.what.health}\n) else 0)`;
    const answer = text(await board.exec(code, { job: 'Checking health', signal })).trim();
    return answer.split(/\r?\n/).at(-1) === '1';
  }

  async rollBack(board: Board, signal: AbortSignal): Promise<void> {
    const before = this.#before.get(board);
    if (!before) return; // nothing was replaced yet
    const paths = this.what.files.map((f) => f.path);
    for (const path of before.kept) {
      // Renaming onto the new file is one step: there is no moment without the file.
      await board.files.rename(keptPath(paths.indexOf(path)), path, { overwrite: true, signal });
    }
    for (const path of before.added) await removeIfThere(board, path, signal);
    await this.#clear(board, signal);
    this.#before.delete(board);
    if (this.what.reset) await board.reset('soft', signal);
  }

  async settle(board: Board, signal: AbortSignal): Promise<void> {
    await this.#clear(board, signal);
    this.#before.delete(board);
  }

  #clear(board: Board, signal: AbortSignal): Promise<void> {
    return removeIfThere(board, KEPT_FOLDER, signal);
  }
}

/** Numbered, since two paths may end in the same name. */
function keptPath(index: number): string {
  return `${KEPT_FOLDER}/${index}`;
}

async function removeIfThere(board: Board, path: string, signal: AbortSignal): Promise<void> {
  try {
    await board.files.remove(path, { recursive: true, signal });
  } catch (error) {
    if (!(error instanceof FileError) || error.errno !== 'ENOENT') throw error;
  }
}
