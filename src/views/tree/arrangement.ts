import * as vscode from 'vscode';
import type { Board } from '../../core/board/board';
import { UsageError } from '../../core/errors';
import { DisposableStore, type Disposable } from '../../core/events';
import {
  filterBoards,
  groupBoards,
  groupKeys,
  GROUPINGS,
  type Grouping,
} from '../../core/many/grouping';
import {
  selectableBoard,
  selectableOf,
  type SelectableBoard,
} from '../../core/many/selectableBoard';
import type { Selection } from '../../core/many/selector';

const FILTER_KEY = 'boards.filter';
const GROUPING_KEY = 'boards.grouping';
/** What only a selector is written with: hostlists, patterns, saved groups, sets. */
const SELECTOR_SIGNS = /[[\]*?@,]/;

export interface ArrangementServices {
  readonly state: vscode.Memento;
  readonly tagsOf: (board: Board) => readonly string[];
  /** Chooses by a selector. @throws UsageError */
  readonly select: (selector: string) => Selection<SelectableBoard>;
}

/** Boards in the order in which they are shown, beneath what they have in common. */
export interface ShownGroup {
  readonly key: string | undefined;
  readonly boards: readonly Board[];
}

/** Which boards the tree shows, and in which groups; remembered for the workspace. */
export class Arrangement implements Disposable {
  readonly #store = new DisposableStore();
  readonly #changed = this.#store.add(new vscode.EventEmitter<void>());
  readonly onDidChange = this.#changed.event;
  #filter: string;
  #grouping: Grouping;

  constructor(private readonly services: ArrangementServices) {
    const { state } = services;
    this.#filter = state.get(FILTER_KEY, '');
    const stored = state.get<string>(GROUPING_KEY);
    this.#grouping = GROUPINGS.find((g) => g === stored) ?? 'none';
  }

  get filter(): string {
    return this.#filter;
  }

  get grouping(): Grouping {
    return this.#grouping;
  }

  /** Shows only what `filter` leaves; empty: all. */
  async setFilter(filter: string): Promise<void> {
    if (filter === this.#filter) return;
    this.#filter = filter;
    this.#changed.fire();
    await this.services.state.update(FILTER_KEY, filter || undefined);
  }

  async setGrouping(grouping: Grouping): Promise<void> {
    if (grouping === this.#grouping) return;
    this.#grouping = grouping;
    this.#changed.fire();
    await this.services.state.update(GROUPING_KEY, grouping);
  }

  /** What the filter leaves of `boards`; a text that is no selector yet leaves what it would as plain words. */
  filtered(boards: readonly Board[], filter = this.#filter): readonly Board[] {
    if (filter.trim() === '') return boards;
    if (SELECTOR_SIGNS.test(filter)) {
      try {
        const chosen = new Set(this.services.select(filter).boards.map((b) => b.board));
        return boards.filter((board) => chosen.has(board));
      } catch (error) {
        if (!(error instanceof UsageError)) throw error;
      }
    }
    return filterBoards(this.#selectable(boards), filter).map((b) => b.board);
  }

  groups(boards: readonly Board[]): ShownGroup[] {
    return groupBoards(this.#selectable(boards), this.#grouping).map(
      ({ key, boards: inGroup }) => ({
        key,
        boards: inGroup.map((b) => b.board),
      }),
    );
  }

  /** Changes whenever `board` may have to be shown elsewhere, or not at all any more. */
  placeOf(board: Board): string {
    if (this.#filter === '' && this.#grouping === 'none') return '';
    const told = selectableOf(board, this.services.tagsOf(board));
    return JSON.stringify(this.#filter === '' ? groupKeys(told, this.#grouping) : told);
  }

  #selectable(boards: readonly Board[]): SelectableBoard[] {
    return boards.map((board) => selectableBoard(board, this.services.tagsOf(board)));
  }

  dispose(): void {
    this.#store.dispose();
  }
}
