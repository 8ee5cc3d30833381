import * as vscode from 'vscode';
import type { Board } from '../core/board/board';
import { isConnected } from '../core/board/boardState';
import { Emitter, DisposableStore, type Disposable } from '../core/events';
import type { Fleet } from '../core/board/fleet';
import { Coalescer } from './coalesce';

const KEY = 'mpyFleet.activeBoard';

/** Milliseconds in which changes of boards are gathered before the active one is worked out again. */
const GATHER_MS = 50;

/**
 * The board that a command means when nothing else says which: the one the user chose last, else the only one that is
 * connected, else the only one that is there.
 */
export class ActiveBoard implements Disposable {
  readonly #store = new DisposableStore();
  readonly #changed = this.#store.add(new Emitter<Board | undefined>());
  readonly onDidChange = this.#changed.event;
  readonly #changes = this.#store.add(new Coalescer<true>(GATHER_MS, () => this.#update()));
  #chosen: string | undefined;
  #last: Board | undefined;

  constructor(
    private readonly fleet: Fleet,
    private readonly memento: vscode.Memento,
  ) {
    this.#chosen = memento.get<string>(KEY);
    this.#store.add(fleet.onDidChangeList(() => this.#changes.add(true)));
    this.#store.add(fleet.onDidChangeBoard(() => this.#changes.add(true)));
  }

  get current(): Board | undefined {
    const { boards } = this.fleet;
    const chosen = boards.find((b) => b.id === this.#chosen || b.uid === this.#chosen);
    if (chosen?.present) return chosen;
    return (
      only(boards.filter((b) => isConnected(b.state))) ??
      only(boards.filter((b) => b.present && isLikely(b))) ??
      chosen
    );
  }

  async choose(board: Board): Promise<void> {
    this.#chosen = board.uid ?? board.id;
    this.#update();
    await this.memento.update(KEY, this.#chosen);
  }

  #update(): void {
    const now = this.current;
    if (now === this.#last) return;
    this.#last = now;
    this.#changed.fire(now);
  }

  dispose(): void {
    this.#store.dispose();
  }
}

/** Some port or source thinks that this is a board, or it has shown that it is. */
export function isLikely(board: Board): boolean {
  return (
    board.uid !== undefined ||
    board.state.tag !== 'disconnected' ||
    board.links.some((l) => l.found.likely)
  );
}

function only<T>(items: readonly T[]): T | undefined {
  return items.length === 1 ? items[0] : undefined;
}
