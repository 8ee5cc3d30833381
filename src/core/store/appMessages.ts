import type { Database, NormalQueryResult, SQLiteValue } from 'node-sqlite3-wasm';
import { MAX_TEXT } from './model';
import { boardOf, each } from './queries';
import { cut, like, limitOf, whole } from './values';

/** A stored message of an app. A board numbers its messages from 1 after each start. */
export interface MessageRow {
  readonly uid: string;
  readonly boot: string;
  readonly seq: number;
  /** Milliseconds since 1970, by the board's clock if it is set. */
  readonly at: number;
  readonly app: string;
  /** JSON text. */
  readonly data: string;
}

/** How many messages of one start of a board are stored, and how many the board had to drop. */
export interface SourceRow {
  readonly uid: string;
  readonly boot: string;
  readonly dropped: number;
  /**
   * Time of the board's start in milliseconds since 1970. All collectors add it to the board's own
   * times.
   */
  readonly start?: number;
}

/** The stored data about one start of a board. */
export interface KnownSource {
  /** Number of the last message; 0: none. */
  readonly last: number;
  readonly start?: number;
}

/** Selects messages of apps. */
export interface MessageQuery {
  readonly uids?: readonly string[];
  /** Milliseconds since 1970; `to` is exclusive. */
  readonly from?: number;
  readonly to?: number;
  /** Case-insensitive part of the JSON text (ASCII letters). */
  readonly text?: string;
  readonly limit: number;
  /** Rows after this position, where the previous page ended. */
  readonly after?: number;
  /** The newest rows instead of the oldest, still ordered by time. */
  readonly latest?: boolean;
}

/** A page of messages. */
export interface MessagePage {
  /** Sorted by time; rows of one board keep the order in which it sent them. */
  readonly rows: readonly MessageRow[];
  /** Position of the next page; missing on the last. */
  readonly next?: number;
  /** Number of messages that boards dropped before any computer received them. */
  readonly dropped: number;
}

/** States of a message to an app, in order. The last three are final. */
export const COMMAND_STATES = [
  ...(['queued', 'sent', 'delivered', 'done', 'failed', 'expired'] as const),
] as const;
export type CommandState = (typeof COMMAND_STATES)[number];

/** A message to an app, and its state. */
export interface CommandRow {
  readonly id: string;
  readonly uid: string;
  /** Time of writing, in milliseconds since 1970. */
  readonly at: number;
  readonly text: string;
  readonly state: CommandState;
  /** The message is not delivered after this time, in milliseconds since 1970. */
  readonly until: number;
  /** The start of the board to which it was delivered. */
  readonly boot?: string;
  readonly reply?: string;
  readonly error?: string;
}

/** Selects messages to apps. */
export interface CommandQuery {
  readonly uid?: string;
  readonly id?: string;
  /** Only messages whose state is not final. */
  readonly open?: boolean;
  readonly limit: number;
}

/** SQL that creates the tables of messages, if they do not exist. */
export const MESSAGE_TABLES = `
CREATE TABLE IF NOT EXISTS app_messages (
  board INTEGER NOT NULL, boot TEXT NOT NULL, seq INTEGER NOT NULL, at INTEGER NOT NULL,
  app TEXT NOT NULL, data TEXT NOT NULL, PRIMARY KEY (board, boot, seq)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS app_messages_at ON app_messages (at);
CREATE TABLE IF NOT EXISTS app_sources (
  board INTEGER NOT NULL, boot TEXT NOT NULL, dropped INTEGER NOT NULL, start INTEGER, PRIMARY KEY (board, boot)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS app_commands (
  id TEXT PRIMARY KEY, board INTEGER NOT NULL, at INTEGER NOT NULL, text TEXT NOT NULL, state TEXT NOT NULL,
  until INTEGER NOT NULL, boot TEXT, reply TEXT, error TEXT
) WITHOUT ROWID;
`;

/** Adds messages; those already stored (same uid, boot and number) are skipped. @returns the number of new ones */
export function addMessages(
  db: Database,
  {
    rows,
    sources,
  }: { readonly rows: readonly MessageRow[]; readonly sources: readonly SourceRow[] },
): number {
  const ids = new Map<string, number>();
  const board = (uid: string): number => {
    const id = ids.get(uid) ?? boardOf(db, uid);
    ids.set(uid, id);
    return id;
  };
  const added = each(
    db,
    'INSERT OR IGNORE INTO app_messages (board, boot, seq, at, app, data) VALUES (?, ?, ?, ?, ?, ?)',
    rows.map(({ uid, boot, seq, at, app, data }) => [
      ...[board(uid), cut(boot), seq, whole(at), cut(app), cut(data, MAX_TEXT)],
    ]),
  );
  each(
    db,
    `INSERT INTO app_sources (board, boot, dropped, start) VALUES (?1, ?2, ?3, ?4)
     ON CONFLICT (board, boot) DO UPDATE SET dropped = max(dropped, ?3), start = coalesce(?4, start)`,
    sources.map(({ uid, boot, dropped, start }) => [
      ...[board(uid), cut(boot), dropped, start === undefined ? null : whole(start)],
    ]),
  );
  return added;
}

/** Reads a page of messages of apps. */
export function messages(db: Database, query: MessageQuery): MessagePage {
  const where: string[] = [];
  const values: SQLiteValue[] = [];
  const add = (condition: string, ...bound: SQLiteValue[]) => {
    where.push(condition);
    values.push(...bound);
  };
  if (query.from !== undefined) add('m.at >= ?', whole(query.from));
  if (query.to !== undefined) add('m.at < ?', whole(query.to));
  if (query.text) add(`data LIKE ? ESCAPE '\\'`, like(query.text));
  if (query.uids) {
    add(`uid IN (${query.uids.map(() => '?').join(', ')})`, ...query.uids);
  }
  const limit = limitOf(query.limit);
  const skip = Math.max(0, Math.floor(query.after ?? 0));
  const order = query.latest ? 'DESC' : '';
  const found = db.all(
    `SELECT uid, boot, seq, m.at AS at, app, data FROM app_messages m JOIN boards ON boards.id = m.board
     ${where.length > 0 ? `WHERE ${where.join(' AND ')}` : ''}
     ORDER BY m.at ${order}, board ${order}, seq ${order} LIMIT ${limit} OFFSET ${skip}`,
    values,
  ) as NormalQueryResult[];
  const rows = found.map((row) => ({
    ...{ uid: String(row.uid), boot: String(row.boot), seq: Number(row.seq), at: Number(row.at) },
    ...{ app: String(row.app), data: String(row.data) },
  }));
  const dropped = db.get(
    `SELECT coalesce(sum(dropped), 0) AS n FROM app_sources JOIN boards ON boards.id = board
     ${query.uids ? `WHERE uid IN (${query.uids.map(() => '?').join(', ')})` : ''}`,
    [...(query.uids ?? [])],
  ) as NormalQueryResult | null;
  return {
    rows: query.latest ? rows.reverse() : rows,
    ...(found.length === limit ? { next: skip + limit } : {}),
    dropped: Number(dropped?.n ?? 0),
  };
}

/** Returns what is stored about starts of boards, in the order of `of`. */
export function knownSources(
  db: Database,
  of: readonly { readonly uid: string; readonly boot: string }[],
): KnownSource[] {
  const select = db.prepare(
    `SELECT (SELECT max(seq) FROM app_messages WHERE board = b.id AND boot = ?2) AS seq,
       (SELECT start FROM app_sources WHERE board = b.id AND boot = ?2) AS start
     FROM boards b WHERE uid = ?1`,
  );
  try {
    return of.map(({ uid, boot }) => {
      const row = select.get([cut(uid), cut(boot)]) as NormalQueryResult | null;
      const start = row?.start ?? null;
      return { last: Number(row?.seq ?? 0), ...(start === null ? {} : { start: Number(start) }) };
    });
  } finally {
    select.finalize();
  }
}

/** Adds a command or updates its state. A finished command does not change. */
export function putCommand(db: Database, c: CommandRow): void {
  db.run(
    `INSERT INTO app_commands VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
     ON CONFLICT (id) DO UPDATE SET state = ?5, boot = ?7, reply = ?8, error = ?9
     WHERE state NOT IN ('done', 'failed', 'expired')`,
    [
      ...[cut(c.id), boardOf(db, c.uid), whole(c.at), cut(c.text, MAX_TEXT), c.state],
      ...[whole(c.until), c.boot ?? null],
      ...[cutOrNull(c.reply), cutOrNull(c.error)],
    ],
  );
}

/** Returns commands, newest first. */
export function commands(db: Database, query: CommandQuery): CommandRow[] {
  const where: string[] = [];
  const values: SQLiteValue[] = [];
  const add = (condition: string, value: string | undefined) => {
    if (value === undefined) return;
    where.push(condition);
    values.push(value);
  };
  add('uid = ?', query.uid);
  add('app_commands.id = ?', query.id);
  if (query.open) where.push(`state IN ('queued', 'sent', 'delivered')`);
  const found = db.all(
    `SELECT app_commands.*, uid FROM app_commands JOIN boards ON boards.id = board
     ${where.length > 0 ? `WHERE ${where.join(' AND ')}` : ''}
     ORDER BY at DESC LIMIT ${limitOf(query.limit)}`,
    values,
  ) as NormalQueryResult[];
  return found.map((row) => ({
    ...{ id: String(row.id), uid: String(row.uid), at: Number(row.at), text: String(row.text) },
    ...{ state: row.state as CommandState, until: Number(row.until) },
    ...(row.boot === null ? {} : { boot: String(row.boot) }),
    ...(row.reply === null ? {} : { reply: String(row.reply) }),
    ...(row.error === null ? {} : { error: String(row.error) }),
  }));
}

function cutOrNull(text: string | undefined): string | null {
  return text === undefined ? null : cut(text, MAX_TEXT);
}
