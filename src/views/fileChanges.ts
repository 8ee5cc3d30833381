import type { Board } from '../core/board';
import type { BoardFiles, NewFiles, TransferOptions, WriteItem } from '../core/boardFiles';
import { Emitter, type Disposable } from '../core/events';

/** A change of a path on a board. For a `dir`, everything below it was removed or added too. */
export interface FileChange {
  readonly board: Board;
  readonly path: string;
  readonly type: 'created' | 'changed' | 'deleted';
}

/** Notifies views of changes that this product made on boards. */
export class FileChanges implements Disposable {
  readonly #changed = new Emitter<readonly FileChange[]>();
  readonly onDidChange = this.#changed.event;

  /**
   * Reports that anything below `path` may have changed: a program ran, or the user asked for a
   * refresh.
   */
  changed(board: Board, path: string): void {
    this.#changed.fire([{ board, path, type: 'changed' }]);
  }

  /** Returns `files` with verbs that report every successful change. */
  observe(files: BoardFiles, board: Board): BoardFiles {
    const tell = (...changes: [FileChange['type'], string][]) =>
      this.#changed.fire(changes.map(([type, path]) => ({ board, path, type })));
    return {
      list: (path, signal) => files.list(path, signal),
      stat: (path, signal) => files.stat(path, signal),
      walk: (path, options) => files.walk(path, options),
      hash: (paths, signal) => files.hash(paths, signal),
      read: (path, options) => files.read(path, options),
      readMany: (items, take, options) => files.readMany(items, take, options),
      space: (path, signal) => files.space(path, signal),
      places: (signal) => files.places(signal),
      write: async (path, content, options) => {
        await files.write(path, content, options);
        tell(['changed', path]);
      },
      writeMany: async (items, options) => {
        try {
          await files.writeMany(items, options);
        } finally {
          // Each file is written atomically, so those before the failed one are complete.
          if (items.length > 0) tell(...changesOf(items));
        }
      },
      ...(files.writeNew && {
        writeNew: async (items: readonly WriteItem[], options?: TransferOptions) => {
          let written: NewFiles['written'] | undefined;
          try {
            const result = await files.writeNew?.(items, options);
            written = result?.written;
            return result;
          } finally {
            // Undefined: some may be written, if the board did not get to the end.
            const changed = items.filter(({ path }) => written?.has(path) ?? true);
            if (changed.length > 0) tell(...changesOf(changed));
          }
        },
      }),
      mkdir: async (path, options) => {
        await files.mkdir(path, options);
        tell(['created', path]);
      },
      remove: async (path, options) => {
        await files.remove(path, options);
        tell(['deleted', path]);
      },
      rename: async (from, to, options) => {
        await files.rename(from, to, options);
        tell(['deleted', from], ['created', to]);
      },
      copy: async (from, to, options) => {
        await files.copy(from, to, options);
        tell(['created', to]);
      },
    };
  }

  dispose(): void {
    this.#changed.dispose();
  }
}

function changesOf(items: readonly WriteItem[]): ['changed', string][] {
  return items.map(({ path }) => ['changed', path]);
}
