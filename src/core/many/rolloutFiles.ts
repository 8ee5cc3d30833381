import * as l10n from '@vscode/l10n';
import type { Board } from '../board';
import { text } from '../bytes';
import { UsageError } from '../errors';
import { inHome, removeIfThere } from '../files';
import { listedName } from '../sync';
import type { UploadFile } from './fleetActions';
import type { RolloutSteps } from './rollout';
import { applyUpload, planFor, type UploadPlan, type UploadServices } from './uploadPlan';

/**
 * Folder, below the root of the board's files, that holds replaced files until the roll-out is
 * settled.
 */
export const KEPT_FOLDER = '/.mpyfleet-kept';

/** The previous state of one board. */
interface Before {
  /** The folder of the copies. */
  readonly folder: string;
  /** For each path, the copy of the existing file and the board's own spelling of its name. */
  readonly kept: Map<string, { readonly copy: string; readonly name: string }>;
  /** Files that did not exist. */
  readonly added: string[];
}

/** A roll-out of files: what is uploaded, and when a board counts as healthy. */
export interface FileRollout extends UploadPlan<UploadFile> {
  /** Python expression that is true on a healthy board; undefined: the upload is enough. */
  readonly health?: string;
  /** Soft reset after the upload and after a roll-back, so that the new (or old) program starts. */
  readonly reset: boolean;
}

/**
 * The steps of a roll-out of files. The old files stay on the board, renamed or copied, so
 * restoring them needs neither this computer's memory nor much time on the line.
 */
export class FileRolloutSteps implements RolloutSteps<Board> {
  readonly #before = new Map<Board, Before>();

  constructor(
    private readonly what: FileRollout,
    private readonly upload?: UploadServices,
  ) {
    const { health } = what;
    if (health !== undefined && (health.trim() === '' || /[\r\n]/.test(health))) {
      throw new UsageError(l10n.t('The health check must be one Python expression on one line'));
    }
  }

  async apply(board: Board, signal: AbortSignal): Promise<void> {
    const plan = await planFor(board, this.what, this.upload, signal);
    const [folder = KEPT_FOLDER] = await inHome(board.files, [KEPT_FOLDER], signal);
    // Source files that are compiled are removed from the board, and restored by a roll-back.
    const paths = [...plan.items.map((item) => item.path), ...plan.sources];
    const hashes = await board.files.hash(paths, signal);
    const before: Before = { folder, kept: new Map(), added: [] };
    await removeIfThere(board.files, folder, signal, { recursive: true });
    await board.files.mkdir(folder, { parents: true, signal });
    for (const [i, path] of paths.entries()) {
      if (hashes[i] === undefined) before.added.push(path);
      else {
        // Numbered, because two paths may end with the same name.
        const copy = `${folder}/${i}`;
        await board.files.copy(path, copy, { overwrite: true, signal });
        before.kept.set(path, { copy, name: await listedName(board.files, path, signal) });
      }
    }
    this.#before.set(board, before);
    await applyUpload(board, plan, this.upload, signal, (items) =>
      board.files.writeMany(items, { signal }),
    );
    if (this.what.reset) await board.reset('soft', signal);
  }

  async healthy(board: Board, signal: AbortSignal): Promise<boolean> {
    if (this.what.health === undefined) return true;
    const code = `print(1 if (${this.what.health}\n) else 0)`;
    const answer = text(await board.exec(code, { job: l10n.t('Checking health'), signal })).trim();
    return answer.split(/\r?\n/).at(-1) === '1';
  }

  async rollBack(board: Board, signal: AbortSignal): Promise<void> {
    const before = this.#before.get(board);
    if (!before) return; // nothing was replaced yet
    for (const [path, { copy, name }] of before.kept) {
      // Renaming onto the new file is one step, so the file exists at every moment.
      await board.files.rename(copy, path, { overwrite: true, signal });
      if (name !== path) await board.files.rename(path, name, { overwrite: true, signal });
    }
    for (const path of before.added)
      await removeIfThere(board.files, path, signal, { recursive: true });
    await removeIfThere(board.files, before.folder, signal, { recursive: true });
    this.#before.delete(board);
    if (this.what.reset) await board.reset('soft', signal);
  }

  async settle(board: Board, signal: AbortSignal): Promise<void> {
    const before = this.#before.get(board);
    if (before) await removeIfThere(board.files, before.folder, signal, { recursive: true });
    this.#before.delete(board);
  }
}
