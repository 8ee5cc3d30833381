import type { Database, NormalQueryResult } from 'node-sqlite3-wasm';
import type { Limits } from './model';
import { usedBytes } from './queries';
import type { StoreFile } from './storeFile';

/**
 * Rows deleted in one transaction, which takes about 0.1 s, so that other windows get their turn.
 */
const STEP = 20_000;
/** Part of the size limit that is used after a cut, so that not every insert cuts again. */
const FILL = 0.9;

/**
 * Deletes rows older than the limit, then the oldest rows until the file is within its size.
 * @param now milliseconds since 1970
 * @returns the number of deleted rows
 */
export function prune(file: StoreFile, limits: Limits, now: number): number {
  let deleted = deleteBefore(file, now - limits.maxAgeMs);
  for (;;) {
    const cut = file.use((db) => cutForSize(db, limits.maxBytes, now));
    if (cut === undefined) break;
    const gone = deleteBefore(file, cut);
    if (gone === 0) break; // only free pages and the tables themselves remain
    deleted += gone;
  }
  if (deleted > 0)
    file.use((db) => db.exec('PRAGMA incremental_vacuum; PRAGMA wal_checkpoint(TRUNCATE);'));
  return deleted;
}

/**
 * Estimates the time before which rows must be deleted for the file to be small enough, assuming
 * that data arrived evenly. Undefined if it is small enough. Data rarely arrives evenly, so the
 * caller repeats this.
 */
function cutForSize(db: Database, maxBytes: number, now: number): number | undefined {
  const bytes = usedBytes(db);
  if (bytes <= maxBytes) return undefined;
  const row = db.get(
    `SELECT min(at) AS oldest FROM (SELECT min(at) AS at FROM telemetry UNION ALL SELECT min(at) FROM events
     UNION ALL SELECT min(at) FROM audit UNION ALL SELECT min(at) FROM app_messages)`,
  ) as NormalQueryResult | null;
  const oldest = row?.oldest;
  if (oldest === null || oldest === undefined) return undefined;
  const span = Math.max(1, now - Number(oldest));
  return Number(oldest) + Math.ceil(span * (1 - (maxBytes * FILL) / bytes));
}

/**
 * Deletes rows older than `cut` in transactions of about {@link STEP} rows.
 * @returns the number of deleted rows
 */
function deleteBefore(file: StoreFile, cut: number): number {
  const boards = file.use((db) => db.all('SELECT id FROM boards') as NormalQueryResult[]);
  const steps = [
    ...boards.map(({ id }) => telemetryOf(Number(id))),
    ...['events', 'audit'].map(
      (table) =>
        `DELETE FROM ${table} WHERE (at, id) IN
           (SELECT at, id FROM ${table} WHERE at < ? ORDER BY at, id LIMIT ${STEP})`,
    ),
    `DELETE FROM app_messages WHERE (board, boot, seq) IN
       (SELECT board, boot, seq FROM app_messages WHERE at < ? ORDER BY at LIMIT ${STEP})`,
    `DELETE FROM app_commands WHERE id IN (SELECT id FROM app_commands WHERE at < ? LIMIT ${STEP})`,
  ];
  let deleted = 0;
  let next = 0;
  while (next < steps.length) {
    deleted += file.write((db) => {
      let gone = 0;
      for (let sql = steps[next]; sql && gone < STEP; sql = steps[next]) {
        const { changes } = db.run(sql, [Math.round(cut)]);
        gone += changes;
        if (changes < STEP) next++;
      }
      return gone;
    });
  }
  return deleted;
}

/**
 * Selects one range of the clustered key per board: a condition on `at` alone would read the whole
 * table.
 */
function telemetryOf(board: number): string {
  const chosen = `SELECT at FROM telemetry WHERE board = ${board} AND at < ? ORDER BY at LIMIT ${STEP}`;
  return `DELETE FROM telemetry WHERE board = ${board} AND at IN (${chosen})`;
}
