import { toCsv } from '../csv';
import type { AuditEntry } from './model';
import type { HistoryRow } from './timeline';

const HEAD = [
  ...['time', 'type', 'who', 'from', 'what', 'seconds', 'board', 'uid', 'result', 'text'],
];

/**
 * Returns the history as a table: one row per event, and one per board of each operation, so that
 * boards can be sorted and counted. `nameOf` returns a board's present name; operations keep the
 * names of their time.
 */
export function historyToCsv(
  rows: readonly HistoryRow[],
  nameOf: (uid: string) => string = (uid) => uid,
): string {
  const lines = rows.flatMap((row) => {
    const time = new Date(row.entry.at).toISOString();
    if (row.type === 'event') {
      const { uid, kind, text } = row.entry;
      return [[time, kind, '', '', '', '', nameOf(uid), uid, '', text]];
    }
    const { who, origin, what, ms, boards } = row.entry;
    const start = [time, row.type, who, origin, what, (ms / 1000).toFixed(1)];
    return boards.map((b) => [...start, b.name, b.uid ?? '', b.status, b.error ?? '']);
  });
  return toCsv([HEAD, ...lines]);
}

/** Returns entries as one JSON array, with times in ISO 8601. */
export function historyToJson(rows: readonly HistoryRow[]): string {
  const plain = rows.map(({ type, entry: { at, ...rest } }) => ({
    at: new Date(at).toISOString(),
    type,
    ...rest,
  }));
  return `${JSON.stringify(plain, undefined, 2)}\n`;
}

/** Returns how an operation ended: the worst result of its boards. */
export function statusOf({ boards }: Pick<AuditEntry, 'boards'>): 'ok' | 'failed' | 'cancelled' {
  if (boards.some((b) => b.status === 'failed')) return 'failed';
  return boards.some((b) => b.status === 'cancelled') ? 'cancelled' : 'ok';
}
