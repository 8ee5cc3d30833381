import * as vscode from 'vscode';
import type { Board } from '../../core/board';
import { UsageError } from '../../core/errors';
import { DisposableStore, type Disposable } from '../../core/events';
import type { Adoption } from '../adoption';
import {
  filterBoards,
  groupBoards,
  type Grouping,
  GROUPINGS,
  groupKeys,
  type KnownTags,
  selectableBoard,
  type SelectableBoard,
  selectableOf,
  type Selection,
} from '../../core/many';

const FILTER_KEY = 'boards.filter';
const GROUPING_KEY = 'boards.grouping';
/** Syntax that occurs only in selectors: hostlists, patterns, saved groups, sets. */
const SELECTOR_SIGNS = /[[\]*?@,]/;

export interface ArrangementServices {
  readonly adoption: Pick<Adoption, 'standingOf' | 'onDidChange'>;
  readonly state: vscode.Memento;
  readonly fleet: KnownTags;
  /** Filters by a selector. @throws UsageError */
  readonly select: (selector: string) => Selection<SelectableBoard>;
}

/** A group of boards with a common property, in display order. */
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
    const { state, adoption } = services;
    this.#store.add(adoption.onDidChange(() => this.#changed.fire()));
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

  /** Shows only boards that match `filter`; an empty filter shows all. */
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

  /** Filters `boards`; an incomplete selector is treated as plain words. */
  filtered(all: readonly Board[], filter = this.#filter): readonly Board[] {
    const boards = all.filter((b) => this.services.adoption.standingOf(b) !== 'ignored');
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

  /** Returns the boards that announced themselves at a broker and are not the user's own. */
  newAmong(boards: readonly Board[]): readonly Board[] {
    return boards.filter((b) => this.services.adoption.standingOf(b) === 'new');
  }

  groups(boards: readonly Board[]): ShownGroup[] {
    return groupBoards(this.#selectable(boards), this.#grouping).map(
      ({ key, boards: inGroup }) => ({
        key,
        boards: inGroup.map((b) => b.board),
      }),
    );
  }

  /** Returns a key that changes whenever `board` may have to move in the tree or disappear. */
  placeOf(board: Board): string {
    if (this.#filter === '' && this.#grouping === 'none') return '';
    const { fleet } = this.services;
    const told = selectableOf(fleet, board);
    return JSON.stringify(this.#filter === '' ? groupKeys(told, this.#grouping) : told);
  }

  #selectable(boards: readonly Board[]): SelectableBoard[] {
    const { fleet } = this.services;
    return boards.map((board) => selectableBoard(fleet, board));
  }

  dispose(): void {
    this.#store.dispose();
  }
}
