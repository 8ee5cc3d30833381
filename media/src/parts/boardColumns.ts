import type { DashboardRow } from '../../../src/views/dashboard/messages';
import { ago, space } from './format';
import type { Column } from './tableColumn';

/** States of boards that cannot be worked with. */
const AWAY: ReadonlySet<DashboardRow['state']> = new Set(['away', 'not connected', 'reconnecting']);

/** Returns whether the board cannot be worked with now. */
export function isAway(row: DashboardRow): boolean {
  return AWAY.has(row.state);
}

/** Columns that are filled only for some kinds of boards. */
const OFTEN_EMPTY = new Set(['agent', 'app', 'mode', 'roundTrip', 'signal']);

/**
 * Returns the columns of the dashboard, with translated headings. Columns that would be empty for
 * all boards are left out.
 */
export function boardColumns(
  word: (key: string) => string,
  rows: readonly DashboardRow[],
): Column<DashboardRow>[] {
  const column = (
    key: string,
    width: string,
    text: Column<DashboardRow>['text'],
    more: Partial<Column<DashboardRow>> = {},
  ): Column<DashboardRow> => ({ key, title: word(key), width, text, ...more });
  // Wide enough for the last line of a traceback, where there is one.
  const health = rows.some((r) => r.trouble) ? 'minmax(16em, 2fr)' : 'minmax(7em, 2fr)';
  const all = [
    column('name', 'minmax(10em, 1fr)', (r) => r.name),
    column('state', 'minmax(9em, 1fr)', (r) => r.stateText, {
      look: (r) => (isAway(r) ? 'away' : ''),
    }),
    // Next to the state, because in a narrow window the columns on the right are out of sight.
    column('health', health, (r) => r.trouble ?? (isAway(r) ? '' : word('well')), {
      look: (r) => (r.trouble ? 'state-failed' : ''),
    }),
    column('platform', '8em', (r) => r.platform ?? ''),
    column('firmware', '7em', (r) => r.firmware ?? ''),
    column('agent', '5em', (r) => r.agent ?? ''),
    column(
      'app',
      'minmax(8em, 1fr)',
      (r) => [r.app ?? '', r.wantedApp].filter((a) => a !== undefined).join(' → '),
      {
        look: (r) => (r.wantedApp === undefined ? '' : 'state-failed'),
      },
    ),
    column('mode', '5em', (r) => r.mode ?? '', {
      look: (r) => (r.mode === 'open' ? 'state-failed' : ''),
    }),
    column('lastSeen', '7em', (r) => ago(r.lastSeen, word), { order: (r) => r.lastSeen }),
    column('roundTrip', '8em', (r) => (r.roundTrip === undefined ? '' : `${r.roundTrip} ms`), {
      order: (r) => r.roundTrip,
    }),
    column('memory', '11em', (r) => space(r.memory), { order: (r) => r.memory?.free }),
    column('flash', '11em', (r) => space(r.flash), { order: (r) => r.flash?.free }),
    column('signal', '6em', (r) => (r.signal === undefined ? '' : `${r.signal} dBm`), {
      order: (r) => r.signal,
    }),
    column('uid', 'minmax(8em, 1fr)', (r) => r.uid ?? ''),
  ];
  return all.filter(
    ({ key, text }) => !OFTEN_EMPTY.has(key) || rows.some((row) => text(row) !== ''),
  );
}
