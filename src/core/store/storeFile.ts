import { existsSync, mkdirSync, renameSync, rmdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Database } from 'node-sqlite3-wasm';
import { readHandedOver } from './handedOver';
import type { FileAside } from './messages';
import { addAudit } from './queries';
import { createTables, migrate, VERSION, versionOf } from './schema';
import { isAbsent } from '../localFiles';

/** Opens a database file. The product uses the constructor of node-sqlite3-wasm. */
export type OpenDatabase = (path: string) => Database;

/**
 * Milliseconds after which an unchanged lock counts as abandoned. Transactions take at most 2 s.
 */
const STALE_LOCK_MS = 15_000;
const POLL_MS = 50;

/**
 * Every operation opens and closes the file, which takes 1 ms: the library locks a whole file, so
 * an open one would block other windows. With this library, only a write-ahead log in exclusive
 * mode survives a killed process; it never replays a rollback journal, because it mistakes its own
 * lock for another's (seen with 0.8.60).
 */
export const MODE = `PRAGMA locking_mode = EXCLUSIVE; PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
  PRAGMA cache_size = -16000;`;

/**
 * The database file of the store. It does what SQLite leaves to its caller: sets aside a file that
 * is damaged or of a newer version, and removes the lock of a killed process. Synchronous, so it
 * belongs in a thread of its own.
 */
export class StoreFile {
  constructor(
    private readonly path: string,
    private readonly open: OpenDatabase,
    /** Called when a file was set aside, to inform the user. */
    private readonly notice: (aside: FileAside) => void,
    private readonly staleLockMs = STALE_LOCK_MS,
  ) {}

  /** Runs `work` in one write transaction, which is rolled back if `work` throws. */
  write<T>(work: (db: Database) => T): T {
    return this.use((db) => inTransaction(db, () => work(db)));
  }

  /** Runs `work`, which only reads or runs a single statement. */
  use<T>(work: (db: Database) => T): T {
    try {
      return this.#whenUnlocked(work);
    } catch (error) {
      if (!isDamaged(error)) throw error;
      this.#setAside('damaged', 'damaged');
      return this.#whenUnlocked(work);
    }
  }

  /**
   * Waits for other processes. The library locks with a folder, which a killed process leaves
   * behind.
   */
  #whenUnlocked<T>(work: (db: Database) => T): T {
    let seen: string | undefined;
    let since = performance.now();
    for (;;) {
      try {
        return this.#once(work);
      } catch (error) {
        if (!isLocked(error)) throw error;
        const lock = this.#lock();
        if (lock !== seen) [seen, since] = [lock, performance.now()];
        // performance.now() stops while the computer sleeps, so a sleeping owner keeps its lock.
        else if (lock && performance.now() - since > this.staleLockMs) this.#removeLock();
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, POLL_MS);
      }
    }
  }

  #once<T>(work: (db: Database) => T): T {
    mkdirSync(dirname(this.path), { recursive: true, mode: 0o700 });
    const db = this.open(this.path);
    let version: number;
    try {
      db.exec(MODE);
      version = versionOf(db);
      if (version === 0) inTransaction(db, () => createTables(db));
      else if (version < VERSION) inTransaction(db, () => migrate(db, version));
      if (version <= VERSION) {
        this.#takeHandedOver(db);
        return work(db);
      }
    } finally {
      db.close();
    }
    this.#setAside(`version-${version}`, 'newer');
    return this.#once(work);
  }

  /** Adds the operations that command lines have left. */
  #takeHandedOver(db: Database): void {
    const handed = readHandedOver(this.path);
    if (handed.entries.length > 0) inTransaction(db, () => addAudit(db, handed.entries));
    handed.remove();
  }

  #setAside(suffix: string, why: FileAside['why']): void {
    const aside = unusedName(`${this.path}.${suffix}`);
    renameSync(this.path, aside);
    // The log belongs to the file for which it was written.
    if (existsSync(`${this.path}-wal`)) renameSync(`${this.path}-wal`, `${aside}-wal`);
    this.notice({ why, path: aside });
  }

  /**
   * Returns the identity of the lock, which changes when another process takes it. Undefined if
   * there is no lock.
   */
  #lock(): string | undefined {
    const stat = statSync(`${this.path}.lock`, { throwIfNoEntry: false });
    return stat && `${stat.ino} ${stat.mtimeMs}`;
  }

  #removeLock(): void {
    try {
      rmdirSync(`${this.path}.lock`);
    } catch (error) {
      if (!isAbsent(error)) throw error; // another process was faster
    }
  }
}

function inTransaction<T>(db: Database, work: () => T): T {
  db.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    db.exec('COMMIT');
    return result;
  } catch (error) {
    if (db.inTransaction) db.exec('ROLLBACK');
    throw error;
  }
}

function unusedName(wanted: string): string {
  for (let n = 1; ; n++) {
    const name = n === 1 ? wanted : `${wanted}-${n}`;
    if (!existsSync(name)) return name;
  }
}

/** Returns whether an error has SQLite's message for SQLITE_BUSY. */
function isLocked(error: unknown): boolean {
  return error instanceof Error && error.message.includes('database is locked');
}

/**
 * Returns whether an error has one of SQLite's messages for SQLITE_CORRUPT and SQLITE_NOTADB, and
 * for a table missing from a file of our version.
 */
function isDamaged(error: unknown): boolean {
  return (
    error instanceof Error &&
    /disk image is malformed|not a database|no such table|malformed database schema/.test(
      error.message,
    )
  );
}
