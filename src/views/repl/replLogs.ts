import { createWriteStream, type WriteStream } from 'node:fs';
import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Board, type Fleet, noteLine } from '../../core/board';
import { DisposableStore, Emitter, type Disposable } from '../../core/events';
import { orAbsent } from '../../core/localFiles';
import type { Settings } from '../settings';

export interface ReplLogServices {
  readonly fleet: Fleet;
  readonly settings: Settings;
  /** Folder of the files unless the user has chosen another one. */
  readonly folder: string;
  readonly onError: (error: unknown) => void;
}

interface OpenLog extends Disposable {
  readonly path: string;
}

/**
 * Writes the output of each board to a file: of all boards with a setting, or of one while it is
 * switched on.
 */
export class ReplLogs implements Disposable {
  readonly #store = new DisposableStore();
  readonly #logs = new Map<Board, OpenLog>();
  readonly #changed = this.#store.add(new Emitter<Board>());
  readonly onDidChange = this.#changed.event;

  constructor(private readonly services: ReplLogServices) {
    this.#store.add(services.fleet.onDidChangeList(() => this.#followFleet()));
    this.#store.add(
      services.settings.onDidChange((names) => {
        if (names.includes('repl.log')) this.#followSetting();
      }),
    );
  }

  /** Returns the log file of `board` while it is being written. */
  pathOf(board: Board): string | undefined {
    return this.#logs.get(board)?.path;
  }

  async start(board: Board): Promise<string> {
    const open = this.#logs.get(board);
    if (open) return open.path;
    const chosen = this.services.settings.get('repl.logFolder');
    const folder = chosen || this.services.folder;
    await mkdir(folder, { recursive: true });
    const path = join(folder, `${fileName(board)}.log`);
    // Earlier versions wrote logs that other users could read.
    if (!chosen) await orAbsent(chmod(path, 0o600), undefined);
    const file = createWriteStream(path, { flags: 'a', mode: 0o600 });
    file.on('error', (error) => {
      this.stop(board);
      this.services.onError(error);
    });
    file.write(`\n--- ${new Date().toISOString()} ---\n`);
    this.#logs.set(board, follow(board, file, path));
    this.#changed.fire(board);
    return path;
  }

  stop(board: Board): void {
    this.#logs.get(board)?.dispose();
    if (this.#logs.delete(board)) this.#changed.fire(board);
  }

  #followFleet(): void {
    const here = new Set(this.services.fleet.boards);
    for (const board of this.#logs.keys()) if (!here.has(board)) this.stop(board);
    this.#followSetting();
  }

  #followSetting(): void {
    const { fleet, settings, onError } = this.services;
    if (!settings.get('repl.log')) return;
    for (const board of fleet.boards) {
      if (board.uid !== undefined || board.transport) this.start(board).catch(onError);
    }
  }

  dispose(): void {
    for (const log of this.#logs.values()) log.dispose();
    this.#logs.clear();
    this.#store.dispose();
  }
}

function follow(board: Board, file: WriteStream, path: string): OpenLog {
  const store = new DisposableStore();
  store.add(board.console.onData((chunk) => void file.write(chunk)));
  store.add(board.console.onNote((text) => void file.write(`\r\n${noteLine(text)}`)));
  return {
    path,
    dispose: () => {
      store.dispose();
      file.end();
    },
  };
}

/**
 * Returns a file name that is stable for the board and valid on every system, since names of boards
 * may be anything.
 */
function fileName(board: Board): string {
  const name = board.name.replace(/[^\p{L}\p{N}._-]+/gu, '_').replace(/^\.+/, '');
  const id = (board.uid ?? board.id).replace(/[^A-Za-z0-9]+/g, '_').slice(-24);
  return `${name.slice(0, 60)}-${id}`;
}
