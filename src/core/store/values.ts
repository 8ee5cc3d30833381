import {
  MAX_NAME,
  MAX_PAGE,
  MAX_TEXT,
  type AuditBoard,
  type Page,
  type SearchQuery,
} from './model';

// Values and conditions that both databases have in common.

/** Two programs hear the same message of a board within this time of each other, in milliseconds. */
export const SAME_MS = 10_000;

/** The text, shortened to `most` characters. */
export function cut(text: string, most = MAX_NAME): string {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

/** Times and durations are whole milliseconds: a fraction would be kept as a float and compared as one. */
export function whole(value: number): number {
  return Math.round(value);
}

/** The pattern for LIKE, with `\` as its escape, that finds `text` anywhere. */
export function like(text: string): string {
  return `%${text.replace(/[\\%_]/g, '\\$&')}%`;
}

/** Bounds the number of rows that a caller asks for: at least 1, at most `MAX_PAGE`. */
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

/** A board of an operation, with its texts shortened. */
export function bounded({ uid, name, status, error }: AuditBoard): AuditBoard {
  return {
    ...(uid === undefined ? {} : { uid: cut(uid) }),
    name: cut(name),
    status: cut(status),
    ...(error === undefined ? {} : { error: cut(error, MAX_TEXT) }),
  };
}

/**
 * Conditions of an operation whose worst result is this one. The boards stand in a JSON list, where a name or error that holds
 * these words has its quotation marks escaped.
 */
export function statusConditions(status: NonNullable<SearchQuery['status']>): string[] {
  const has = (one: string) => `boards LIKE '%"status":"${one}"%'`;
  const worse = status === 'failed' ? [] : ['failed'];
  const wanted = status === 'ok' ? [] : [has(status)];
  if (status === 'ok') worse.push('cancelled');
  return [...wanted, ...worse.map((one) => `NOT ${has(one)}`)];
}
