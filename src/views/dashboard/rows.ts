import type { Board } from '../../core/board';
import { type Issue, type KnownTags, type Sample, selectableOf } from '../../core/many';
import type { AppVersion } from '../apps/appVersions';
import { agentText, shortVersion, stateOf } from '../tree';
import type { DashboardRow } from './messages';

/** Facts for a row that do not come from the board object. */
export interface RowFacts {
  readonly known: KnownTags;
  readonly latest: Sample | undefined;
  readonly lastSeen: number | undefined;
  readonly waiting: number;
  readonly app: AppVersion | undefined;
  /** Problems that need attention, the most serious first. */
  readonly issues: readonly Issue[];
}

/** Returns a board's row. Recent measurements take precedence over the board's description of itself. */
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
    ...selectableOf(
      facts.known,
      board,
      facts.issues.map((issue) => issue.mark),
    ),
    id: board.id,
    stateText: stateOf(board),
    waiting: facts.waiting,
    ...given('firmware', info?.version),
    ...given('agent', agentText(details)),
    ...given('app', facts.app?.run && shortVersion(facts.app.run)),
    ...given('wantedApp', wantedOf(facts.app)),
    ...given('mode', details.mode),
    ...given('lastSeen', facts.lastSeen),
    ...given('roundTrip', latest?.roundTrip),
    ...given('signal', latest?.signal),
    ...(memoryFree === undefined
      ? {}
      : { memory: { free: memoryFree, total: info?.memory?.total } }),
    ...(flashFree === undefined ? {} : { flash: { free: flashFree, total: info?.flash?.total } }),
    ...given('trouble', facts.issues.map((issue) => issue.text).join('; ') || undefined),
  };
}

function wantedOf(app: AppVersion | undefined): string | undefined {
  const { drift, desired } = app ?? {};
  return drift === 'none' || desired === undefined ? undefined : shortVersion(desired);
}

function given<K extends string, V>(key: K, value: V | undefined): Partial<Record<K, V>> {
  return value === undefined ? {} : ({ [key]: value } as Record<K, V>);
}
