import { METRICS } from '../many';

/**
 * Version of the tables in a PostgreSQL database, kept in the table `fleet`. It counts changes that an older product could not
 * work with; a column more is none.
 */
export const PG_VERSION = 1;

/** Columns that tables of an older product lack. */
export const PG_ADDED = 'ALTER TABLE telemetry ADD COLUMN IF NOT EXISTS battery DOUBLE PRECISION';
/** Finds out whether the columns exist. ALTER TABLE waits for every reader of the table, so it runs only once. */
export const PG_HAS_ADDED = `
SELECT 1 FROM information_schema.columns
WHERE table_schema = current_schema() AND table_name = 'telemetry' AND column_name = 'battery'`;

/** Columns as in SQLite (schema.ts). A sequence numbers the rows, since several may have the same millisecond. */
export const PG_TABLES = `
CREATE TABLE IF NOT EXISTS fleet (version INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS boards (id SERIAL PRIMARY KEY, uid TEXT NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS telemetry (
  board INTEGER NOT NULL, at BIGINT NOT NULL,
  ${METRICS.map((metric) => `${metric.toLowerCase()} DOUBLE PRECISION`).join(', ')},
  PRIMARY KEY (board, at)
);
CREATE INDEX IF NOT EXISTS telemetry_at ON telemetry (at);
CREATE TABLE IF NOT EXISTS events (
  at BIGINT NOT NULL, id BIGSERIAL, board INTEGER NOT NULL, kind TEXT NOT NULL, text TEXT NOT NULL, key TEXT,
  PRIMARY KEY (at, id)
);
CREATE UNIQUE INDEX IF NOT EXISTS events_key ON events (board, key) WHERE key IS NOT NULL;
CREATE TABLE IF NOT EXISTS audit (
  at BIGINT NOT NULL, id BIGSERIAL, who TEXT NOT NULL, origin TEXT NOT NULL, what TEXT NOT NULL, ms BIGINT NOT NULL,
  boards TEXT NOT NULL, PRIMARY KEY (at, id)
);
CREATE TABLE IF NOT EXISTS app_messages (
  board INTEGER NOT NULL, boot TEXT NOT NULL, seq BIGINT NOT NULL, at BIGINT NOT NULL, app TEXT NOT NULL,
  data TEXT NOT NULL, PRIMARY KEY (board, boot, seq)
);
CREATE INDEX IF NOT EXISTS app_messages_at ON app_messages (at);
CREATE TABLE IF NOT EXISTS app_sources (
  board INTEGER NOT NULL, boot TEXT NOT NULL, dropped BIGINT NOT NULL, start BIGINT, PRIMARY KEY (board, boot)
);
CREATE TABLE IF NOT EXISTS app_commands (
  id TEXT PRIMARY KEY, board INTEGER NOT NULL, at BIGINT NOT NULL, text TEXT NOT NULL, state TEXT NOT NULL,
  until BIGINT NOT NULL, boot TEXT, reply TEXT, error TEXT
);
`;
