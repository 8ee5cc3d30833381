import * as vscode from 'vscode';
import { type Board, type Fleet, isConnected } from '../core/board';
import { Emitter, DisposableStore, type Disposable } from '../core/events';
import { Coalescer } from './coalesce';

const KEY = 'mpyFleet.activeBoard';
const NAME_KEY = 'mpyFleet.activeBoardName';

/**
 * Milliseconds during which changes of boards are collected before the active board is determined
 * again.
 */
const GATHER_MS = 50;

/**
 * The board that a command uses when nothing else selects one: the board the user chose last, even
 * while it is away. If none was chosen: the only connected board, or else the only present one.
 */
export class ActiveBoard implements Disposable {
  readonly #store = new DisposableStore();
  readonly #changed = this.#store.add(new Emitter<Board | undefined>());
  readonly onDidChange = this.#changed.event;
  readonly #picked = this.#store.add(new Emitter<Board>());
  /** The user has chosen a board, perhaps the one that was already active. */
  readonly onDidChoose = this.#picked.event;
  readonly #changes = this.#store.add(new Coalescer<true>(GATHER_MS, () => this.#update()));
  #chosen: string | undefined;
  #name: string | undefined;
  #last: Board | undefined;

  constructor(
    private readonly fleet: Fleet,
    private readonly memento: vscode.Memento,
  ) {
    this.#chosen = memento.get<string>(KEY);
    this.#name = memento.get<string>(NAME_KEY);
    this.#store.add(fleet.onDidChangeList(() => this.#changes.add(true)));
    this.#store.add(fleet.onDidChangeBoard(() => this.#changes.add(true)));
    this.#store.add(
      fleet.onDidMerge(({ from, into }) => {
        if (from.id === this.#chosen) this.#chosen = into.uid ?? into.id;
      }),
    );
  }

  get current(): Board | undefined {
    const { boards } = this.fleet;
    if (this.#chosen !== undefined) return this.#chosenOf(boards);
    return (
      only(boards.filter((b) => isConnected(b.state))) ??
      only(boards.filter((b) => b.present && isLikely(b)))
    );
  }

  /** Name of the board the user chose last, while it is not in the list of boards. */
  get missing(): string | undefined {
    if (this.#chosen === undefined || this.#chosenOf(this.fleet.boards)) return undefined;
    return this.#name ?? this.#chosen;
  }

  async choose(board: Board): Promise<void> {
    this.#chosen = board.uid ?? board.id;
    this.#name = board.name;
    this.#update();
    this.#picked.fire(board);
    await this.memento.update(KEY, this.#chosen);
    await this.memento.update(NAME_KEY, this.#name);
  }

  /** Unsets the active board after the user has removed `board` on purpose. */
  async release(board: Board): Promise<void> {
    if (board.id !== this.#chosen && (!board.uid || board.uid !== this.#chosen)) return;
    this.#chosen = undefined;
    this.#name = undefined;
    this.#update();
    await this.memento.update(KEY, undefined);
    await this.memento.update(NAME_KEY, undefined);
  }

  #chosenOf(boards: readonly Board[]): Board | undefined {
    const chosen = this.#chosen;
    if (chosen === undefined) return undefined;
    return boards.find((b) => b.id === chosen || b.uid === chosen || b.id === `uid:${chosen}`);
  }

  #update(): void {
    const now = this.current;
    // In the next window, a board that has reported its id since then is recognised by its id, on
    // any port.
    if (this.#chosen !== undefined && now?.uid && now.uid !== this.#chosen) {
      this.#chosen = now.uid;
      void this.memento.update(KEY, now.uid);
    }
    if (now === this.#last) return;
    this.#last = now;
    this.#changed.fire(now);
  }

  dispose(): void {
    this.#store.dispose();
  }
}

/** Returns whether a source considers this a board, or it has proved to be one. */
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
