import type { DashboardRow } from '../../../src/views/dashboard/messages';
import { ago, space } from './format';
import type { Column } from './virtualTable';

/** States in which nothing can be done with a board. */
export function isAway(row: DashboardRow): boolean {
  return row.state === 'offline' || row.state === 'disconnected';
}

/** The columns of the dashboard, in the user's words. */
export function boardColumns(word: (key: string) => string): Column<DashboardRow>[] {
  const column = (
    key: string,
    width: string,
    text: Column<DashboardRow>['text'],
    more: Partial<Column<DashboardRow>> = {},
  ): Column<DashboardRow> => ({ key, title: word(key), width, text, ...more });
  return [
    column('name', 'minmax(9em, 2fr)', (r) => r.name),
    column('state', '8em', (r) => r.state, { look: (r) => (isAway(r) ? 'away' : '') }),
    column('platform', '7em', (r) => r.platform ?? ''),
    column('firmware', '6em', (r) => r.firmware ?? ''),
    column('agent', '5em', (r) => r.agent ?? ''),
    column('mode', '5em', (r) => r.mode ?? '', {
      look: (r) => (r.mode === 'open' ? 'state-failed' : ''),
    }),
    column('lastSeen', '7em', (r) => ago(r.lastSeen, word), { order: (r) => r.lastSeen }),
    column('roundTrip', '6em', (r) => (r.roundTrip === undefined ? '' : `${r.roundTrip} ms`), {
      order: (r) => r.roundTrip,
    }),
    column('memory', '9em', (r) => space(r.memory), { order: (r) => r.memory?.free }),
    column('flash', '10em', (r) => space(r.flash), { order: (r) => r.flash?.free }),
    column('signal', '6em', (r) => (r.signal === undefined ? '' : `${r.signal} dBm`), {
      order: (r) => r.signal,
    }),
    column('health', 'minmax(7em, 2fr)', (r) => r.trouble ?? (isAway(r) ? '' : word('well')), {
      look: (r) => (r.trouble ? 'state-failed' : ''),
    }),
    column('uid', 'minmax(8em, 1fr)', (r) => r.uid ?? ''),
  ];
}
