import type { ClientBase, QueryResultRow } from 'pg';
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
import * as shared from './values';
import { bounded, limitOf, page, SAME_MS, statusConditions, whole } from './values';

export type Db = Pick<ClientBase, 'query'>;

/** Returns the row ids of the boards, and creates missing ones. */
export async function boardIds(
  db: Db,
  uids: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const wanted = [...new Set(uids.map((uid) => cut(uid)))].sort();
  if (wanted.length === 0) return new Map();
  await db.query('INSERT INTO boards (uid) SELECT unnest($1::text[]) ON CONFLICT DO NOTHING', [
    wanted,
  ]);
  const { rows } = await db.query<{ id: number; uid: string }>(
    'SELECT id, uid FROM boards WHERE uid = ANY ($1)',
    [wanted],
  );
  return new Map(rows.map(({ id, uid }) => [uid, id]));
}

/**
 * Appends all rows of a batch like `append` of SQLite. Rows that another program has added are
 * skipped.
 */
export async function append(db: Db, batch: Batch): Promise<void> {
  const all = [...batch.telemetry, ...batch.events].map((row) => row.uid);
  const ids = await boardIds(db, all);
  const board = (uid: string) => ids.get(cut(uid)) ?? 0;
  const columns = METRICS.map((metric) => metric.toLowerCase());
  for (const { uid, at, values } of batch.telemetry) {
    const same = columns.map((c, i) => `${c} IS NOT DISTINCT FROM $${i + 3}`).join(' AND ');
    const types = columns.map((_, i) => `$${i + 3}::double precision`).join(', ');
    await db.query(
      `INSERT INTO telemetry (board, at, ${columns.join(', ')}) SELECT $1::int, $2::bigint, ${types}
       WHERE NOT EXISTS (SELECT 1 FROM telemetry WHERE board = $1 AND at BETWEEN $2 - ${SAME_MS} AND $2 + ${SAME_MS} AND ${same})
       ON CONFLICT DO NOTHING`,
      [board(uid), whole(at), ...METRICS.map((metric) => values[metric] ?? null)],
    );
  }
  const events = batch.events.map(({ at, uid, kind, text, key }) => [
    ...[whole(at), board(uid), cut(kind), cut(text, MAX_TEXT)],
    key === undefined ? null : cut(key),
  ]);
  await insertAll(db, 'events (at, board, kind, text, key)', EVENT_TYPES, events);
  const audit = batch.audit.map(({ at, who, origin, what, ms, boards }) => [
    ...[
      whole(at),
      cut(who),
      cut(origin),
      cut(what),
      whole(ms),
      JSON.stringify(boards.map(bounded)),
    ],
  ]);
  await insertAll(db, 'audit (at, who, origin, what, ms, boards)', AUDIT_TYPES, audit);
}

const EVENT_TYPES = ['bigint', 'int', 'text', 'text', 'text'];
const AUDIT_TYPES = ['bigint', 'text', 'text', 'text', 'bigint', 'text'];

/** Inserts rows in one statement; existing ones do not change. */
export async function insertAll(
  db: Db,
  into: string,
  types: readonly string[],
  rows: readonly (readonly unknown[])[],
): Promise<void> {
  if (rows.length === 0) return;
  const arrays = types.map((type, i) => `$${i + 1}::${type}[]`).join(', ');
  await db.query(
    `INSERT INTO ${into} SELECT * FROM unnest(${arrays}) ON CONFLICT DO NOTHING`,
    types.map((_, column) => rows.map((row) => row[column])),
  );
}

/** Reads the values of one metric of a board, for a chart. */
export async function series(db: Db, query: SeriesQuery): Promise<SeriesPoint[]> {
  const { uid, metric, from, to, points } = query;
  if (!METRICS.includes(metric)) throw new Error(`there is no metric ${metric}`);
  if (to <= from) return [];
  const width = Math.max(1, Math.ceil((to - from) / Math.max(1, points)));
  const column = metric.toLowerCase();
  const { rows } = await db.query<Record<string, unknown>>(
    `SELECT (at - $2::bigint) / $4::bigint AS part, avg(${column}) AS mean, min(${column}) AS least, max(${column}) AS most,
       count(${column}) AS count
     FROM telemetry JOIN boards ON boards.id = board
     WHERE uid = $1 AND at >= $2 AND at < $3 AND ${column} IS NOT NULL GROUP BY part ORDER BY part`,
    [cut(uid), whole(from), whole(to), width],
  );
  return rows.map((row) => ({
    at: from + Number(row.part) * width,
    ...{ mean: Number(row.mean), least: Number(row.least), most: Number(row.most) },
    count: Number(row.count),
  }));
}

/** Reads a page of events, the newest first. */
export async function events(db: Db, query: SearchQuery): Promise<Page<EventEntry>> {
  const found = await search(db, query, {
    table: 'events',
    columns: 'boards.uid AS uid, kind, text',
    from: 'events JOIN boards ON boards.id = events.board',
    text: ['text'],
  });
  const rows = found.map((row) => ({
    ...{ uid: String(row.uid), at: Number(row.at) },
    ...{ kind: String(row.kind), text: String(row.text) },
  }));
  return page(found, rows, query.limit);
}

/** Reads a page of operations, the newest first. */
export async function audit(db: Db, query: SearchQuery): Promise<Page<AuditEntry>> {
  const found = await search(db, query, {
    table: 'audit',
    columns: 'who, origin, what, ms, boards',
    from: 'audit',
    text: ['what', 'who', 'boards'],
  });
  const rows = found.map((row) => ({
    ...{ at: Number(row.at), who: String(row.who), origin: String(row.origin) },
    ...{ what: String(row.what), ms: Number(row.ms) },
    boards: JSON.parse(String(row.boards)) as AuditBoard[],
  }));
  return page(found, rows, query.limit);
}

/** Returns the size of the whole database, and the numbers of rows. */
export async function size(db: Db): Promise<StoreSize> {
  const { rows } = await db.query<Record<string, unknown>>(
    `SELECT pg_database_size(current_database()) AS bytes,
       (SELECT min(at) FROM (SELECT min(at) AS at FROM telemetry UNION ALL SELECT min(at) FROM events
         UNION ALL SELECT min(at) FROM audit) AS oldest) AS oldest,
       (SELECT count(*) FROM telemetry) AS telemetry, (SELECT count(*) FROM events) AS events,
       (SELECT count(*) FROM audit) AS audit`,
  );
  const [row = {}] = rows;
  return {
    ...{ bytes: Number(row.bytes), telemetry: Number(row.telemetry) },
    ...{ events: Number(row.events), audit: Number(row.audit) },
    ...(row.oldest === null ? {} : { oldest: Number(row.oldest) }),
  };
}

/**
 * Deletes rows older than `time`, in milliseconds since 1970. Only the administrator of the server
 * limits the size of its database.
 * @returns the number of deleted rows
 */
export async function deleteBefore(db: Db, time: number): Promise<number> {
  let deleted = 0;
  for (const table of ['telemetry', 'events', 'audit', 'app_messages', 'app_commands']) {
    const { rowCount } = await db.query(`DELETE FROM ${table} WHERE at < $1`, [whole(time)]);
    deleted += rowCount ?? 0;
  }
  return deleted;
}

interface Source {
  readonly table: string;
  readonly columns: string;
  readonly from: string;
  /** Columns that a text search covers. */
  readonly text: readonly string[];
}

async function search(db: Db, query: SearchQuery, source: Source): Promise<QueryResultRow[]> {
  const { table } = source;
  const where = new Conditions();
  if (query.from !== undefined) where.add(`${table}.at >= ?`, whole(query.from));
  if (query.to !== undefined) where.add(`${table}.at < ?`, whole(query.to));
  if (query.before) {
    where.add(`(${table}.at, ${table}.id) < (?, ?)`, query.before.at, query.before.id);
  }
  if (query.uid !== undefined) {
    if (table === 'events') where.add('boards.uid = ?', cut(query.uid));
    else where.add('boards LIKE ?', like(`"uid":${JSON.stringify(query.uid)}`));
  }
  if (query.kinds?.length) where.add('kind = ANY (?)', query.kinds);
  if (query.status && table === 'audit') {
    for (const condition of statusConditions(query.status)) where.add(condition);
  }
  if (query.text) {
    const pattern = like(query.text);
    const any = source.text.map((column) => `${column} ILIKE ?`).join(' OR ');
    where.add(`(${any})`, ...source.text.map(() => pattern));
  }
  const { rows } = await db.query<QueryResultRow>(
    `SELECT ${table}.id AS id, ${table}.at AS at, ${source.columns} FROM ${source.from} ${where.sql}
     ORDER BY ${table}.at DESC, ${table}.id DESC LIMIT ${limitOf(query.limit)}`,
    [...where.values],
  );
  return rows;
}

/** The conditions of a WHERE clause with their values. */
export class Conditions {
  readonly values: unknown[] = [];
  readonly #all: string[] = [];

  /** Adds a condition. Each `?` stands for the next of `values`. */
  add(condition: string, ...values: readonly unknown[]): void {
    let at = this.values.length;
    this.#all.push(condition.replace(/\?/g, () => `$${++at}`));
    this.values.push(...values);
  }

  get sql(): string {
    return this.#all.length > 0 ? `WHERE ${this.#all.join(' AND ')}` : '';
  }
}

/** Replaces NUL, which PostgreSQL does not store in text. */
function clean(text: string): string {
  return text.replaceAll('\0', '\ufffd');
}

/** Returns the text, shortened, in a form that PostgreSQL accepts. */
export function cut(text: string, most?: number): string {
  return clean(shared.cut(text, most));
}

/** Returns the ILIKE pattern that finds `text` anywhere. */
export function like(text: string): string {
  return shared.like(clean(text));
}
