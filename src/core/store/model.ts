import type { Metric } from '../many';

/** The columns of a telemetry row: what an agent measures of its board. */
export interface TelemetryEntry {
  readonly uid: string;
  /** Milliseconds since 1970, by this computer's clock. */
  readonly at: number;
  readonly values: Partial<Readonly<Record<Metric, number>>>;
}

/** Something that happened on a board: a crash, a restart, a log line. The text comes from the board and is untrusted. */
export interface EventEntry {
  readonly uid: string;
  /** Milliseconds since 1970, by this computer's clock. */
  readonly at: number;
  /** `crash`, `app`, `task`, `agent`, `ota`, or `log:E` with the level of a log line. */
  readonly kind: string;
  readonly text: string;
  /**
   * Unique for the board, such as `9f03c2aa.17` (a start and a number within it). Two windows that
   * receive the event store it once.
   */
  readonly key?: string;
}

/**
 * One operation of a user: who did what, where and when, with which result. It contains no code, no
 * output and no secret.
 */
export interface AuditEntry {
  /** Start, in milliseconds since 1970. */
  readonly at: number;
  /** Login name of the user. */
  readonly who: string;
  /** `window` or `shell`. */
  readonly origin: string;
  /** `Upload main.py`, `Remove the agent`. */
  readonly what: string;
  /** Duration in milliseconds. */
  readonly ms: number;
  readonly boards: readonly AuditBoard[];
}

/** How an operation ended on one board. */
export interface AuditBoard {
  readonly uid?: string;
  /** The board's name at that time. */
  readonly name: string;
  /** `ok`, `failed`, `cancelled`. */
  readonly status: string;
  /** The error message. */
  readonly error?: string;
}

/** Rows to append, all in one transaction. */
export interface Batch {
  readonly telemetry: readonly TelemetryEntry[];
  readonly events: readonly EventEntry[];
  readonly audit: readonly AuditEntry[];
}

/** A period in milliseconds since 1970; `to` is exclusive. */
export interface Period {
  readonly from: number;
  readonly to: number;
}

/** Which values a chart needs. */
export interface SeriesQuery extends Period {
  readonly uid: string;
  readonly metric: Metric;
  /** Maximum number of points; each stands for an equal part of the period. */
  readonly points: number;
}

/**
 * One part of the period: its start, and the values measured in it. Parts without a value are
 * omitted.
 */
export interface SeriesPoint {
  readonly at: number;
  readonly mean: number;
  readonly least: number;
  readonly most: number;
  readonly count: number;
}

/** Where the next page begins: the position of the last row of the previous page. */
export interface Cursor {
  readonly at: number;
  readonly id: number;
}

/** Selects events or operations. */
export interface SearchQuery extends Partial<Period> {
  readonly uid?: string;
  /** Case-insensitive part of the text (ASCII letters). */
  readonly text?: string;
  readonly kinds?: readonly string[];
  /**
   * Operations with this result: `failed` on a board, `cancelled` on one and failed on none, or
   * `ok` on all.
   */
  readonly status?: 'ok' | 'failed' | 'cancelled';
  /** Rows of a page, {@link MAX_PAGE} at most. */
  readonly limit: number;
  readonly before?: Cursor;
}

/** A page of results, newest first. `next` is missing on the last page. */
export interface Page<T> {
  readonly rows: readonly T[];
  readonly next?: Cursor;
}

/** Limits of the store; the oldest rows beyond them are deleted. */
export interface Limits {
  /** Size of the file in bytes. */
  readonly maxBytes: number;
  /** Age of the oldest row in milliseconds. */
  readonly maxAgeMs: number;
}

/** Size of the store and its numbers of rows. */
export interface StoreSize {
  /** Bytes in the file, without free pages. */
  readonly bytes: number;
  /** Time of the oldest row, in milliseconds since 1970; missing when the store is empty. */
  readonly oldest?: number;
  readonly telemetry: number;
  readonly events: number;
  readonly audit: number;
}

/** Largest number of rows on a page. */
export const MAX_PAGE = 1_000;
/**
 * Maximum length of a text in characters. Longer texts are cut, because a board can send any
 * length.
 */
export const MAX_TEXT = 8_000;
/** Maximum length of names, kinds and uids, in characters. */
export const MAX_NAME = 200;
