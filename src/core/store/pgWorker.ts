import { parentPort, workerData } from 'node:worker_threads';
import { Pool } from 'pg';
import type { StoreAnswer, StoreCalls, StoreRequest, StoreSettings } from './messages';
import { addMessages, commands, knownSources, messages, putCommand } from './pgMessages';
import { append, audit, deleteBefore, events, series, size, type Db } from './pgQueries';
import { PG_ADDED, PG_HAS_ADDED, PG_TABLES, PG_VERSION } from './pgSchema';

/**
 * The store's thread for a PostgreSQL server. It has the same calls as storeWorker.ts, and is
 * loaded only if a server is set.
 */

/** Longest wait for a connection, in milliseconds. */
const CONNECT_MS = 10_000;
/** Longest wait for an answer, in milliseconds. */
const ANSWER_MS = 60_000;
/**
 * Lock that is held while the tables are created, so that two programs do not create them at the
 * same time.
 */
const LOCK = 0x6d7079;

const { url = '' } = workerData as StoreSettings;
const pool = new Pool({
  connectionString: url,
  max: 4,
  connectionTimeoutMillis: CONNECT_MS,
  query_timeout: ANSWER_MS,
  application_name: 'mpyfleet',
});
// If an idle connection is lost, the next call replaces it and reports any error.
pool.on('error', () => undefined);

let prepared: Promise<void> | undefined;

async function prepare(): Promise<void> {
  await inTransaction(async (db) => {
    await db.query('SELECT pg_advisory_xact_lock($1)', [LOCK]);
    await db.query(PG_TABLES);
    if ((await db.query(PG_HAS_ADDED)).rows.length === 0) await db.query(PG_ADDED);
    const { rows } = await db.query<{ version: number }>('SELECT version FROM fleet');
    const [known] = rows;
    if (!known) await db.query('INSERT INTO fleet VALUES ($1)', [PG_VERSION]);
    else if (known.version > PG_VERSION) {
      throw new Error('a newer version of MicroPython Fleet made the tables of this database');
    }
  });
}

async function inTransaction<T>(work: (db: Db) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let failed: Error | undefined;
  try {
    await client.query('BEGIN');
    const result = await work(client);
    await client.query('COMMIT');
    return result;
  } catch (error) {
    failed = error instanceof Error ? error : new Error(String(error));
    throw error;
  } finally {
    // Closing a connection in an unknown state rolls its transaction back.
    client.release(failed);
  }
}

const calls: { [C in keyof StoreCalls]: (argument: StoreCalls[C]) => Promise<unknown> } = {
  append: (batch) => inTransaction((db) => append(db, batch)),
  series: (query) => series(pool, query),
  events: (query) => events(pool, query),
  audit: (query) => audit(pool, query),
  prune: ({ now, maxAgeMs }) => deleteBefore(pool, now - maxAgeMs),
  size: () => size(pool),
  addMessages: (rows) => inTransaction((db) => addMessages(db, rows)),
  messages: (query) => messages(pool, query),
  knownSources: (of) => knownSources(pool, of),
  putCommand: (command) => inTransaction((db) => putCommand(db, command)),
  commands: (query) => commands(pool, query),
};

async function answer<C extends keyof StoreCalls>(request: StoreRequest<C>): Promise<StoreAnswer> {
  const { id, call, argument } = request;
  try {
    prepared ??= prepare();
    await prepared.catch((error: unknown) => {
      prepared = undefined; // the next call tries again
      throw error;
    });
    return { type: 'done', id, value: await calls[call](argument) };
  } catch (error) {
    return { type: 'failed', id, message: reasonOf(error) };
  }
}

/**
 * Returns the error's message. If several addresses of one host fail, Node reports them as one
 * error without a message.
 */
function reasonOf(error: unknown): string {
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  return first instanceof Error ? first.message : String(first);
}

parentPort?.on('message', (request: StoreRequest) => {
  void answer(request).then((a) => parentPort?.postMessage(a));
});
