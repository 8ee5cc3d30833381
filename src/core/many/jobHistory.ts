import { appendFile, mkdir, open } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { dirname } from 'node:path';
import type { BoardResult } from './results';

/** One line of the history: who did what on which boards, and how it went. No code and no output: they may hold secrets. */
export interface HistoryEntry {
  /** ISO 8601, UTC. */
  readonly at: string;
  /** The user's login name. */
  readonly who: string;
  /** `Upload main.py`, `Run selection (12 lines)`. */
  readonly what: string;
  readonly ms: number;
  readonly boards: readonly HistoryBoard[];
}

export interface HistoryBoard {
  readonly board: string;
  readonly id: string;
  readonly status: string;
  /** The kind of error and what it said, where it failed. */
  readonly error?: string;
}

/** Most of a history file that is read back: the newest. */
const READ_LIMIT = 8 * 1024 * 1024;

/** The log of past jobs: one JSON object a line, only ever appended to. */
export class JobHistory {
  #writing: Promise<void> = Promise.resolve();

  constructor(readonly path: string) {}

  /** Appends one entry; lines of two windows do not mix, since each is one write in append mode. */
  append(
    what: string,
    startedAt: Date,
    ms: number,
    results: readonly BoardResult[],
  ): Promise<void> {
    const entry: HistoryEntry = {
      at: startedAt.toISOString(),
      who: loginName(),
      what,
      ms,
      boards: results.map((r) => ({
        board: r.board,
        id: r.id,
        status: r.status,
        ...(r.error ? { error: `${r.error.code}: ${r.error.message}` } : {}),
      })),
    };
    this.#writing = this.#writing
      .catch(() => undefined) // reported to whoever appended it
      .then(async () => {
        await mkdir(dirname(this.path), { recursive: true });
        await appendFile(this.path, `${JSON.stringify(entry)}\n`, { mode: 0o600 });
      });
    return this.#writing;
  }

  /** The newest entries, newest first, and how many lines could not be read (a disk that was full, an editor). */
  async read(limit = 1000): Promise<{ entries: HistoryEntry[]; damaged: number }> {
    await this.#writing.catch(() => undefined);
    const lines = (await tail(this.path)).split('\n').filter((l) => l.trim() !== '');
    const entries: HistoryEntry[] = [];
    let damaged = 0;
    for (const line of lines.reverse()) {
      if (entries.length >= limit) break;
      const entry = parse(line);
      if (entry) entries.push(entry);
      else damaged++;
    }
    return { entries, damaged };
  }
}

/** The end of the file, from the beginning of a line on; nothing when there is no file yet. */
async function tail(path: string): Promise<string> {
  let file;
  try {
    file = await open(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
  try {
    const { size } = await file.stat();
    const from = Math.max(0, size - READ_LIMIT);
    const { buffer, bytesRead } = await file.read({
      buffer: Buffer.alloc(size - from),
      position: from,
    });
    const text = buffer.toString('utf8', 0, bytesRead);
    return from === 0 ? text : text.slice(text.indexOf('\n') + 1);
  } finally {
    await file.close();
  }
}

function parse(line: string): HistoryEntry | undefined {
  try {
    const entry = JSON.parse(line) as Partial<HistoryEntry>;
    return typeof entry.at === 'string' &&
      typeof entry.what === 'string' &&
      Array.isArray(entry.boards)
      ? (entry as HistoryEntry)
      : undefined;
  } catch {
    return undefined; // counted by the caller
  }
}

function loginName(): string {
  try {
    return userInfo().username;
  } catch {
    return 'unknown'; // a system without an entry for this user
  }
}
