import type { Board } from '../../core/board/board';
import { selectableOf } from '../../core/many/selectableBoard';
import type { Sample } from '../../core/many/telemetry';
import type { DashboardRow } from './messages';

/** What a row needs beside the board itself. */
export interface RowFacts {
  readonly tags: readonly string[];
  readonly latest: Sample | undefined;
  readonly lastSeen: number | undefined;
  readonly waiting: number;
}

/** A board as a row. Fresh measurements go before what the board said of itself once. */
export function dashboardRow(board: Board, facts: RowFacts): DashboardRow {
  const { info } = board;
  const { latest } = facts;
  const details = Object.assign({}, ...board.links.map((l) => l.found.details ?? {})) as Record<
    string,
    string | undefined
  >;
  const memoryFree = latest?.memoryFree ?? info?.memory?.free;
  const flashFree = latest?.flashFree ?? info?.flash?.free;
  return {
    ...selectableOf(board, facts.tags),
    id: board.id,
    waiting: facts.waiting,
    ...given('firmware', info?.version),
    ...given('agent', details.agent),
    ...given('mode', details.mode),
    ...given('lastSeen', facts.lastSeen),
    ...given('roundTrip', latest?.roundTrip),
    ...given('signal', latest?.signal),
    ...(memoryFree === undefined
      ? {}
      : { memory: { free: memoryFree, total: info?.memory?.total } }),
    ...(flashFree === undefined ? {} : { flash: { free: flashFree, total: info?.flash?.total } }),
    ...given('trouble', troubleOf(board, details)),
  };
}

function given<K extends string, V>(key: K, value: V | undefined): Partial<Record<K, V>> {
  return value === undefined ? {} : ({ [key]: value } as Record<K, V>);
}

/** What a user should look at: an error of the link, safe mode, an update that has not proved itself. */
function troubleOf(board: Board, details: Record<string, string | undefined>): string | undefined {
  const { state } = board;
  if ('error' in state && state.error) return state.error.message;
  if (details.safe) return `safe mode: ${details.safe}`;
  return details.trial;
}
