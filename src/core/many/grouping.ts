import { stateNames } from '../board';
import { naturally } from './hostlist';
import type { Selectable } from './selector';

/** The properties by which the tree can group boards. */
export const GROUPINGS = ['none', 'tag', 'platform', 'broker', 'state'] as const;
export type Grouping = (typeof GROUPINGS)[number];

/** Boards with a common property. */
export interface BoardGroup<T> {
  /**
   * What the boards have in common; undefined: boards without this property (no tag, no broker).
   */
  readonly key: string | undefined;
  readonly boards: readonly T[];
}

/**
 * Groups boards, in natural order; boards without the property come last. A board with several tags
 * is in several groups.
 */
export function groupBoards<T extends Selectable>(
  boards: readonly T[],
  by: Grouping,
): BoardGroup<T>[] {
  const sorted = sortByName(boards);
  if (by === 'none') return sorted.length > 0 ? [{ key: undefined, boards: sorted }] : [];
  const groups = new Map<string | undefined, T[]>();
  for (const board of sorted) {
    const keys = groupKeys(board, by);
    for (const key of keys.length > 0 ? new Set(keys) : [undefined]) {
      const group = groups.get(key);
      if (group) group.push(board);
      else groups.set(key, [board]);
    }
  }
  return [...groups]
    .map(([key, inGroup]) => ({ key, boards: inGroup }))
    .sort((a, b) => (a.key === undefined ? 1 : b.key === undefined ? -1 : naturally(a.key, b.key)));
}

/** Returns the groups that `board` belongs to; empty if it lacks the property. */
export function groupKeys(board: Selectable, by: Grouping): readonly string[] {
  switch (by) {
    case 'none':
      return [];
    case 'tag':
      return allTags(board);
    case 'platform':
      return board.platform === undefined ? [] : [board.platform];
    case 'broker':
      return board.brokers;
    case 'state':
      return [board.state];
  }
}

/** Returns the tags of a board, including those of its device file. */
export function allTags({ tags, lent }: Selectable): readonly string[] {
  return lent ? [...new Set([...tags, ...lent.tags])] : tags;
}

/**
 * Returns a copy sorted by name. Collation keys are computed once, because the collator is slow on
 * pairs of 5,000 names.
 */
export function sortByName<T extends { readonly name: string }>(boards: readonly T[]): T[] {
  return boards
    .map((board) => ({ board, name: board.name }))
    .sort((a, b) => naturally(a.name, b.name))
    .map((e) => e.board);
}

/**
 * Filters boards: every word must occur in name, unique id, address, platform, state or a tag,
 * ignoring case. `key:word` searches only that property.
 */
export function filterBoards<T extends Selectable>(boards: readonly T[], filter: string): T[] {
  const tests = filter.toLowerCase().split(/\s+/).filter(Boolean).map(testOf);
  return tests.length === 0 ? [...boards] : boards.filter((b) => tests.every((t) => t(b)));
}

const PLACES: Readonly<Record<string, (board: Selectable) => readonly string[]>> = {
  name: (b) => [b.name, b.lent?.name ?? ''],
  uid: (b) => [b.uid ?? ''],
  address: (b) => b.addresses,
  platform: (b) => [b.platform ?? ''],
  state: (b) => stateNames(b.state),
  tag: allTags,
  broker: (b) => b.brokers,
};

function testOf(word: string): (board: Selectable) => boolean {
  const [, key = '', value = ''] = /^([a-z]+):(.*)$/.exec(word) ?? [];
  const place = Object.hasOwn(PLACES, key) ? PLACES[key] : undefined;
  const places = place ? [place] : Object.values(PLACES);
  const wanted = place ? value : word;
  return (board) =>
    places.some((p) => p(board).some((text) => text.toLowerCase().includes(wanted)));
}

/**
 * Splits user input into tags at spaces and commas; undefined if it contains a character that tags
 * cannot have.
 */
export function tagsIn(text: string): string[] | undefined {
  return /^[\w.\s,-]*$/.test(text) ? [...new Set(text.split(/[\s,]+/).filter(Boolean))] : undefined;
}
