import {
  MAX_NAME,
  MAX_PAGE,
  MAX_TEXT,
  type AuditBoard,
  type Page,
  type SearchQuery,
} from './model';

// Values and conditions that both databases share.

/** Milliseconds within which two programs receive the same message of a board. */
export const SAME_MS = 10_000;

/** Returns the text, cut to `most` characters. */
export function cut(text: string, most = MAX_NAME): string {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

/**
 * Times and durations are whole milliseconds. A fraction would be stored and compared as a float.
 */
export function whole(value: number): number {
  return Math.round(value);
}

/** Returns the LIKE pattern that finds `text` anywhere, with `\` as escape. */
export function like(text: string): string {
  return `%${text.replace(/[\\%_]/g, '\\$&')}%`;
}

/** Limits the number of rows that a caller asks for to 1 to `MAX_PAGE`. */
export function limitOf(limit: number): number {
  return Math.max(1, Math.min(Math.floor(limit), MAX_PAGE));
}

/** Makes a page of the rows. `next` is set if more rows may follow. */
export function page<T>(
  found: readonly Readonly<Record<string, unknown>>[],
  rows: T[],
  limit: number,
): Page<T> {
  const last = found.at(-1);
  if (!last || found.length < Math.min(limit, MAX_PAGE)) return { rows };
  return { rows, next: { at: Number(last.at), id: Number(last.id) } };
}

/** Returns a board of an operation, with its texts shortened. */
export function bounded({ uid, name, status, error }: AuditBoard): AuditBoard {
  return {
    ...(uid === undefined ? {} : { uid: cut(uid) }),
    name: cut(name),
    status: cut(status),
    ...(error === undefined ? {} : { error: cut(error, MAX_TEXT) }),
  };
}

/**
 * Conditions for operations with this worst result. The boards are stored as a JSON list, in which
 * quotation marks within a name or an error are escaped.
 */
export function statusConditions(status: NonNullable<SearchQuery['status']>): string[] {
  const has = (one: string) => `boards LIKE '%"status":"${one}"%'`;
  const worse = status === 'failed' ? [] : ['failed'];
  const wanted = status === 'ok' ? [] : [has(status)];
  if (status === 'ok') worse.push('cancelled');
  return [...wanted, ...worse.map((one) => `NOT ${has(one)}`)];
}
