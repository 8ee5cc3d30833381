import type {
  CommandQuery,
  CommandRow,
  CommandState,
  KnownSource,
  MessagePage,
  MessageQuery,
} from './appMessages';
import type { StoreCalls } from './messages';
import { MAX_TEXT } from './model';
import { boardIds, Conditions, cut, insertAll, like, type Db } from './pgQueries';
import { limitOf, whole } from './values';

const MESSAGE_TYPES = ['int', 'text', 'bigint', 'bigint', 'text', 'text'];

/** Adds messages. A message that is stored already (same uid, boot and number) is not changed. */
export async function addMessages(
  db: Db,
  { rows, sources }: StoreCalls['addMessages'],
): Promise<void> {
  const ids = await boardIds(
    db,
    [...rows, ...sources].map((row) => row.uid),
  );
  const board = (uid: string) => ids.get(cut(uid)) ?? 0;
  const messages = rows.map(({ uid, boot, seq, at, app, data }) => [
    ...[board(uid), cut(boot), seq, whole(at), cut(app), cut(data, MAX_TEXT)],
  ]);
  const into = 'app_messages (board, boot, seq, at, app, data)';
  await insertAll(db, into, MESSAGE_TYPES, messages);
  // A statement may change each row only once.
  const last = new Map<
    string,
    { board: number; boot: string; dropped: number; start: number | null }
  >();
  for (const { uid, boot, dropped, start } of sources) {
    const key = `${board(uid)} ${boot}`;
    const before = last.get(key);
    last.set(key, {
      ...{ board: board(uid), boot: cut(boot), dropped: Math.max(dropped, before?.dropped ?? 0) },
      start: start === undefined ? (before?.start ?? null) : whole(start),
    });
  }
  const all = [...last.values()].sort((a, b) => a.board - b.board);
  if (all.length === 0) return;
  await db.query(
    `INSERT INTO app_sources (board, boot, dropped, start)
     SELECT * FROM unnest($1::int[], $2::text[], $3::bigint[], $4::bigint[])
     ON CONFLICT (board, boot) DO UPDATE
       SET dropped = greatest(app_sources.dropped, excluded.dropped), start = coalesce(excluded.start, app_sources.start)`,
    [
      all.map((s) => s.board),
      all.map((s) => s.boot),
      all.map((s) => s.dropped),
      all.map((s) => s.start),
    ],
  );
}

/** Reads a page of messages of apps. */
export async function messages(db: Db, query: MessageQuery): Promise<MessagePage> {
  const where = new Conditions();
  if (query.from !== undefined) where.add('m.at >= ?', whole(query.from));
  if (query.to !== undefined) where.add('m.at < ?', whole(query.to));
  if (query.text) where.add('data ILIKE ?', like(query.text));
  if (query.uids) where.add('uid = ANY (?)', query.uids);
  const limit = limitOf(query.limit);
  const skip = Math.max(0, Math.floor(query.after ?? 0));
  const order = query.latest ? 'DESC' : 'ASC';
  const found = await db.query<Record<string, unknown>>(
    `SELECT uid, boot, seq, m.at AS at, app, data FROM app_messages m JOIN boards ON boards.id = m.board ${where.sql}
     ORDER BY m.at ${order}, board ${order}, seq ${order} LIMIT ${limit} OFFSET ${skip}`,
    where.values,
  );
  const rows = found.rows.map((row) => ({
    ...{ uid: String(row.uid), boot: String(row.boot), seq: Number(row.seq), at: Number(row.at) },
    ...{ app: String(row.app), data: String(row.data) },
  }));
  const dropped = await db.query<{ n: unknown }>(
    `SELECT coalesce(sum(dropped), 0) AS n FROM app_sources JOIN boards ON boards.id = board
     WHERE $1::text[] IS NULL OR uid = ANY ($1)`,
    [query.uids ?? null],
  );
  return {
    rows: query.latest ? rows.reverse() : rows,
    ...(rows.length === limit ? { next: skip + limit } : {}),
    dropped: Number(dropped.rows[0]?.n ?? 0),
  };
}

/** Returns what is stored about starts of boards, in the order of `of`. */
export async function knownSources(db: Db, of: StoreCalls['knownSources']): Promise<KnownSource[]> {
  const { rows } = await db.query<{ seq: unknown; start: unknown }>(
    `SELECT (SELECT max(seq) FROM app_messages WHERE board = b.id AND boot = q.boot) AS seq,
       (SELECT start FROM app_sources WHERE board = b.id AND boot = q.boot) AS start
     FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS q (uid, boot, n) LEFT JOIN boards b ON b.uid = q.uid
     ORDER BY q.n`,
    [of.map(({ uid }) => cut(uid)), of.map(({ boot }) => cut(boot))],
  );
  return rows.map(({ seq, start }) => ({
    last: Number(seq ?? 0),
    ...(start === null ? {} : { start: Number(start) }),
  }));
}

/** Adds a command or its new state. A finished command does not change. */
export async function putCommand(db: Db, c: CommandRow): Promise<void> {
  const ids = await boardIds(db, [c.uid]);
  const text = (value: string | undefined) => (value === undefined ? null : cut(value, MAX_TEXT));
  await db.query(
    `INSERT INTO app_commands VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
     ON CONFLICT (id) DO UPDATE SET state = $5, boot = $7, reply = $8, error = $9
     WHERE app_commands.state NOT IN ('done', 'failed', 'expired')`,
    [
      ...[cut(c.id), ids.get(cut(c.uid)), whole(c.at), cut(c.text, MAX_TEXT), c.state],
      ...[whole(c.until), text(c.boot), text(c.reply), text(c.error)],
    ],
  );
}

/** Returns commands, newest first. */
export async function commands(db: Db, query: CommandQuery): Promise<CommandRow[]> {
  const where = new Conditions();
  if (query.uid !== undefined) where.add('uid = ?', query.uid);
  if (query.id !== undefined) where.add('c.id = ?', query.id);
  if (query.open) where.add(`state IN ('queued', 'sent', 'delivered')`);
  const { rows } = await db.query<Record<string, string | null>>(
    `SELECT c.*, uid FROM app_commands c JOIN boards ON boards.id = board ${where.sql}
     ORDER BY at DESC LIMIT ${limitOf(query.limit)}`,
    where.values,
  );
  return rows.map((row) => ({
    ...{ id: String(row.id), uid: String(row.uid), at: Number(row.at), text: String(row.text) },
    ...{ state: row.state as CommandState, until: Number(row.until) },
    ...(row.boot ? { boot: row.boot } : {}),
    ...(typeof row.reply === 'string' ? { reply: row.reply } : {}),
    ...(typeof row.error === 'string' ? { error: row.error } : {}),
  }));
}
