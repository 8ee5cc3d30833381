import { naturally } from './hostlist';
import type { Selectable } from './selector';

export const GROUPINGS = ['none', 'tag', 'platform', 'broker', 'state'] as const;
export type Grouping = (typeof GROUPINGS)[number];

export interface BoardGroup<T> {
  /** What the boards have in common; undefined: those that have no such thing (no tag, no broker). */
  readonly key: string | undefined;
  readonly boards: readonly T[];
}

/**
 * Puts boards into groups, groups and boards in the order people count; boards without the property come last. A board with
 * several tags is in the group of each.
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

/** The groups that `board` is in; none: it is among those without such a thing. */
export function groupKeys(board: Selectable, by: Grouping): readonly string[] {
  switch (by) {
    case 'none':
      return [];
    case 'tag':
      return board.tags;
    case 'platform':
      return board.platform === undefined ? [] : [board.platform];
    case 'broker':
      return board.brokers;
    case 'state':
      return [board.state];
  }
}

/** A copy in the order of names: a Schwartzian sort, since the collator is slow on 5,000 names compared one by one. */
export function sortByName<T extends { readonly name: string }>(boards: readonly T[]): T[] {
  return boards
    .map((board) => ({ board, name: board.name }))
    .sort((a, b) => naturally(a.name, b.name))
    .map((e) => e.board);
}

/**
 * What a filter box leaves: boards in which every word occurs, in any case, in name, unique id, address, platform, state or a
 * tag. `key:word` looks in that one place only.
 */
export function filterBoards<T extends Selectable>(boards: readonly T[], filter: string): T[] {
  const tests = filter.toLowerCase().split(/\s+/).filter(Boolean).map(testOf);
  return tests.length === 0 ? [...boards] : boards.filter((b) => tests.every((t) => t(b)));
}

const PLACES: Readonly<Record<string, (board: Selectable) => readonly string[]>> = {
  name: (b) => [b.name],
  uid: (b) => [b.uid ?? ''],
  address: (b) => b.addresses,
  platform: (b) => [b.platform ?? ''],
  state: (b) => [b.state],
  tag: (b) => b.tags,
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
