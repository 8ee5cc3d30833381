import { toCsv } from '../csv';
import type { MessageRow } from '../store';

/** Formats a message for programs: the time as ISO 8601, in UTC. */
export function messageJson(row: MessageRow, name: string): Readonly<Record<string, unknown>> {
  const { uid, app, boot, seq } = row;
  return {
    ts: new Date(row.at).toISOString(),
    board: name,
    uid,
    app,
    boot,
    seq,
    data: dataOf(row),
  };
}

/** Formats messages as CSV, with a column for every key that occurs in their data. */
export function messagesCsv(
  rows: readonly MessageRow[],
  name: (uid: string) => string = (uid) => uid,
): string {
  const flat = rows.map((row) => flatten(dataOf(row)));
  const columns = [...new Set(flat.flatMap((data) => Object.keys(data)))];
  const lines = rows.map((row, i) => [
    ...[new Date(row.at).toISOString(), name(row.uid), row.app],
    ...columns.map((column) => ownCell(flat[i], column)),
  ]);
  return toCsv([['time', 'board', 'app', ...columns], ...lines.map((line) => line.map(String))]);
}

/** Reads the data that the app sent. */
export function dataOf(row: Pick<MessageRow, 'data'>): unknown {
  try {
    return JSON.parse(row.data);
  } catch {
    return row.data; // the store has cut the text
  }
}

/** Returns the numbers in a message by name; nested ones as `a.b`. Charts show them. */
export function numbersOf(row: Pick<MessageRow, 'data'>): Readonly<Record<string, number>> {
  const entries = Object.entries(flatten(dataOf(row)));
  return Object.fromEntries(
    entries.flatMap(([key, value]) => (typeof value === 'number' ? [[key, value]] : [])),
  );
}

/** Returns an own property: a board may name a key `__proto__`. */
function ownCell(data: Record<string, Cell> | undefined, column: string): Cell {
  return data && Object.hasOwn(data, column) ? (data[column] ?? '') : '';
}

type Cell = string | number | boolean;

function flatten(data: unknown, prefix = '', depth = 0): Record<string, Cell> {
  const key = prefix === '' ? 'value' : prefix;
  if (data === null || data === undefined) return {};
  if (typeof data === 'number' || typeof data === 'boolean' || typeof data === 'string') {
    return { [key]: data };
  }
  if (Array.isArray(data) || depth > 4) return { [key]: JSON.stringify(data) };
  const parts = Object.entries(data as Record<string, unknown>)
    .slice(0, 100)
    .map(([name, value]) => flatten(value, prefix === '' ? name : `${prefix}.${name}`, depth + 1));
  return Object.fromEntries(parts.flatMap((part) => Object.entries(part)));
}
