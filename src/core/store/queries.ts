import type { Database, NormalQueryResult, SQLiteValue } from 'node-sqlite3-wasm';
import { METRICS } from '../many';
import {
  MAX_TEXT,
  type AuditBoard,
  type AuditEntry,
  type Batch,
  type EventEntry,
  type Page,
  type SearchQuery,
  type SeriesPoint,
  type SeriesQuery,
  type StoreSize,
} from './model';
import { bounded, cut, like, limitOf, page, SAME_MS, statusConditions, whole } from './values';

/**
 * Appends all rows of a batch except those that another window has appended: an event with the same
 * key, or a measurement with the same values within {@link SAME_MS} (a board sends one a minute,
 * which contains its uptime).
 */
export function append(db: Database, batch: Batch): void {
  const ids = new Map<string, number>();
  const board = (uid: string): number => {
    const id = ids.get(uid) ?? boardOf(db, uid);
    ids.set(uid, id);
    return id;
  };
  each(
    db,
    `INSERT OR REPLACE INTO telemetry SELECT ?1, ?2${METRICS.map((_, i) => `, ?${i + 3}`).join('')}
     WHERE NOT EXISTS (SELECT 1 FROM telemetry WHERE board = ?1 AND at BETWEEN ?2 - ${SAME_MS} AND ?2 + ${SAME_MS} AND at <> ?2
       AND ${METRICS.map((metric, i) => `${metric} IS ?${i + 3}`).join(' AND ')})`,
    batch.telemetry.map(({ uid, at, values }) => [
      board(uid),
      whole(at),
      ...METRICS.map((metric) => values[metric] ?? null),
    ]),
  );
  each(
    db,
    `INSERT OR IGNORE INTO events (at, id, board, kind, text, key) VALUES (?1, ${nextId('events')}, ?2, ?3, ?4, ?5)`,
    batch.events.map(({ at, uid, kind, text, key }) => [
      whole(at),
      board(uid),
      cut(kind),
      cut(text, MAX_TEXT),
      key === undefined ? null : cut(key),
    ]),
  );
  addAudit(db, batch.audit);
}

/**
 * Appends operations. Skips stored ones: the process that left the entry was killed before it
 * deleted the file.
 */
export function addAudit(db: Database, entries: readonly AuditEntry[]): void {
  each(
    db,
    `INSERT INTO audit (at, id, who, origin, what, ms, boards) SELECT ?1, ${nextId('audit')}, ?2, ?3, ?4, ?5, ?6
     WHERE NOT EXISTS (SELECT 1 FROM audit
       WHERE at = ?1 AND who = ?2 AND origin = ?3 AND what = ?4 AND ms = ?5 AND boards = ?6)`,
    entries.map(({ at, who, origin, what, ms, boards }) => [
      whole(at),
      cut(who),
      cut(origin),
      cut(what),
      whole(ms),
      JSON.stringify(boards.map(bounded)),
    ]),
  );
}

/**
 * Returns the measurements of one kind over a period in at most `points` equal parts. Empty for an
 * unknown board.
 */
export function series(
  db: Database,
  { uid, metric, from, to, points }: SeriesQuery,
): SeriesPoint[] {
  if (!METRICS.includes(metric)) throw new Error(`unknown metric ${metric}`);
  const board = boardId(db, uid);
  if (board === undefined || to <= from) return [];
  const width = Math.max(1, Math.ceil((to - from) / Math.max(1, points)));
  const rows = db.all(
    `SELECT (at - :from) / :width AS part, avg(${metric}) AS mean, min(${metric}) AS least, max(${metric}) AS most,
       count(${metric}) AS count
     FROM telemetry WHERE board = :board AND at >= :from AND at < :to AND ${metric} IS NOT NULL
     GROUP BY part ORDER BY part`,
    { ':board': board, ':from': whole(from), ':to': whole(to), ':width': width },
  ) as NormalQueryResult[];
  return rows.map((row) => ({
    at: from + Number(row.part) * width,
    mean: Number(row.mean),
    least: Number(row.least),
    most: Number(row.most),
    count: Number(row.count),
  }));
}

/** Returns events, newest first. */
export function events(db: Database, query: SearchQuery): Page<EventEntry> {
  const found = search(db, query, {
    table: 'events',
    columns: 'boards.uid AS uid, kind, text',
    from: 'events JOIN boards ON boards.id = events.board',
    text: ['text'],
  });
  const rows = found.map((row) => ({
    uid: String(row.uid),
    at: Number(row.at),
    kind: String(row.kind),
    text: String(row.text),
  }));
  return page(found, rows, query.limit);
}

/** Returns operations of users, newest first. The text is searched in operations, users, boards and errors. */
export function audit(db: Database, query: SearchQuery): Page<AuditEntry> {
  const found = search(db, query, {
    table: 'audit',
    columns: 'who, origin, what, ms, boards',
    from: 'audit',
    text: ['what', 'who', 'boards'],
  });
  const rows = found.map((row) => ({
    at: Number(row.at),
    who: String(row.who),
    origin: String(row.origin),
    what: String(row.what),
    ms: Number(row.ms),
    boards: JSON.parse(String(row.boards)) as AuditBoard[],
  }));
  return page(found, rows, query.limit);
}

/** Returns the size of the store, and the numbers of rows. */
export function size(db: Database): StoreSize {
  const value = (sql: string) => Object.values(db.get(sql) ?? {})[0] as SQLiteValue;
  const count = (table: string) => Number(value(`SELECT count(*) FROM ${table}`));
  const oldest = value(
    `SELECT min(at) FROM (SELECT min(at) AS at FROM telemetry UNION ALL SELECT min(at) FROM events
     UNION ALL SELECT min(at) FROM audit)`,
  );
  return {
    bytes: usedBytes(db),
    ...(oldest === null ? {} : { oldest: Number(oldest) }),
    telemetry: count('telemetry'),
    events: count('events'),
    audit: count('audit'),
  };
}

/** Returns the size, in bytes, of the pages that hold data. */
export function usedBytes(db: Database): number {
  const pragma = (name: string) => Number(Object.values(db.get(`PRAGMA ${name}`) ?? {})[0]);
  return (pragma('page_count') - pragma('freelist_count')) * pragma('page_size');
}

interface Source {
  readonly table: string;
  readonly columns: string;
  readonly from: string;
  /** Columns that a text search covers. */
  readonly text: readonly string[];
}

function search(db: Database, query: SearchQuery, source: Source): NormalQueryResult[] {
  const { table } = source;
  const where: string[] = [];
  const values: SQLiteValue[] = [];
  const add = (condition: string, ...bound: SQLiteValue[]) => {
    where.push(condition);
    values.push(...bound);
  };
  if (query.from !== undefined) add(`${table}.at >= ?`, whole(query.from));
  if (query.to !== undefined) add(`${table}.at < ?`, whole(query.to));
  if (query.before) add(`(${table}.at, ${table}.id) < (?, ?)`, query.before.at, query.before.id);
  if (query.uid !== undefined) {
    // The audit stores the boards as a JSON list.
    if (table === 'events') add('events.board = ?', boardId(db, query.uid) ?? -1);
    else add(`boards LIKE ? ESCAPE '\\'`, like(`"uid":${JSON.stringify(query.uid)}`));
  }
  if (query.kinds?.length)
    add(`kind IN (${query.kinds.map(() => '?').join(', ')})`, ...query.kinds);
  if (query.status && table === 'audit') {
    for (const condition of statusConditions(query.status)) add(condition);
  }
  if (query.text) {
    const pattern = like(query.text);
    const conditions = source.text.map((column) => `${column} LIKE ? ESCAPE '\\'`);
    add(`(${conditions.join(' OR ')})`, ...source.text.map(() => pattern));
  }
  return db.all(
    `SELECT ${table}.id AS id, ${table}.at AS at, ${source.columns} FROM ${source.from}
     ${where.length > 0 ? `WHERE ${where.join(' AND ')}` : ''}
     ORDER BY ${table}.at DESC, ${table}.id DESC LIMIT ${limitOf(query.limit)}`,
    values,
  ) as NormalQueryResult[];
}

function boardId(db: Database, uid: string): number | undefined {
  const row = db.get('SELECT id FROM boards WHERE uid = ?', cut(uid)) as NormalQueryResult | null;
  return row ? Number(row.id) : undefined;
}

/** Returns the row id of a board; adds a new board. */
export function boardOf(db: Database, uid: string): number {
  const known = boardId(db, uid);
  if (known !== undefined) return known;
  return Number(db.run('INSERT INTO boards (uid) VALUES (?)', cut(uid)).lastInsertRowid);
}

/**
 * Returns SQL for the number of a row among those of the same millisecond, the statement's first
 * value.
 */
function nextId(table: string): string {
  return `(SELECT coalesce(max(id), 0) + 1 FROM ${table} WHERE at = ?1)`;
}

/**
 * Runs a prepared statement for each row.
 * @returns the number of rows that were added or changed
 */
export function each(db: Database, sql: string, rows: readonly SQLiteValue[][]): number {
  if (rows.length === 0) return 0;
  const statement = db.prepare(sql);
  try {
    return rows.reduce((changed, row) => changed + statement.run(row).changes, 0);
  } finally {
    statement.finalize();
  }
}
