import type { Database } from 'node-sqlite3-wasm';
import { METRICS } from '../many';
import { MESSAGE_TABLES } from './appMessages';

/**
 * Version of the tables, stored in the file as SQLite's `user_version`. A newer file is set aside
 * and never changed.
 */
export const VERSION = 4;

/**
 * Telemetry is clustered by board, so that a chart reads one contiguous range. Everything else is
 * clustered by time, so that a search reads the file from its end; `id` separates rows of the same
 * millisecond.
 */
const TABLES = `
CREATE TABLE boards (id INTEGER PRIMARY KEY, uid TEXT NOT NULL UNIQUE);
CREATE TABLE telemetry (
  board INTEGER NOT NULL, at INTEGER NOT NULL,
  ${METRICS.map((metric) => `${metric} REAL`).join(', ')},
  PRIMARY KEY (board, at)
) WITHOUT ROWID;
CREATE TABLE events (
  at INTEGER NOT NULL, id INTEGER NOT NULL, board INTEGER NOT NULL, kind TEXT NOT NULL, text TEXT NOT NULL,
  key TEXT, PRIMARY KEY (at, id)
) WITHOUT ROWID;
CREATE INDEX events_board ON events (board, at, id);
CREATE UNIQUE INDEX events_key ON events (board, key) WHERE key IS NOT NULL;
CREATE TABLE audit (
  at INTEGER NOT NULL, id INTEGER NOT NULL, who TEXT NOT NULL, origin TEXT NOT NULL, what TEXT NOT NULL,
  ms INTEGER NOT NULL, boards TEXT NOT NULL,
  PRIMARY KEY (at, id)
) WITHOUT ROWID;
${MESSAGE_TABLES}
PRAGMA user_version = ${VERSION};
`;

/** Creates the tables in an empty file. */
export function createTables(db: Database): void {
  db.exec(TABLES);
}

/**
 * Upgrades the tables of an older version, within the caller's transaction. Version 1 had no
 * messages of apps, version 2 no start of a board, version 3 no battery.
 */
export function migrate(db: Database, version: number): void {
  if (version < 4) db.exec('ALTER TABLE telemetry ADD COLUMN battery REAL');
  if (version === 2) db.exec('ALTER TABLE app_sources ADD COLUMN start INTEGER');
  db.exec(`${MESSAGE_TABLES} PRAGMA user_version = ${VERSION};`);
}

/** Returns the version of the tables in the file; 0 if it is empty. */
export function versionOf(db: Database): number {
  const row = db.get('PRAGMA user_version');
  return Number(row?.user_version ?? 0);
}
