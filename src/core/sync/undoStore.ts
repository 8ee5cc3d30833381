import { Queue } from '../async';
import type { SyncMode } from './model';
import { sha256 } from './localFs';

/** A folder on the computer, outside the workspace, where contents and records are kept. Names are plain file names. */
export interface UndoFolder {
  read(name: string): Promise<Uint8Array | undefined>;
  write(name: string, content: Uint8Array): Promise<void>;
  remove(name: string): Promise<void>;
  list(): Promise<readonly string[]>;
}

/** What one path was and has become. Hashes are SHA-256 in hex; null: nothing was there. */
export interface UndoEntry {
  /** Path on the board, or on the computer for a pull. */
  readonly path: string;
  readonly before: string | null;
  readonly after: string | null;
}

/** One sync, as much of it as is needed to take it back. */
export interface UndoRecord {
  readonly version: 1;
  readonly board: string;
  readonly mode: SyncMode;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly entries: readonly UndoEntry[];
  /** Folders that were made, the outermost first, and those that were deleted, the innermost first. */
  readonly madeDirs: readonly string[];
  readonly removedDirs: readonly string[];
}

/** How many syncs of one board can be taken back, one after the other. */
const RECORDS_PER_BOARD = 10;

const RECORD = /^sync-(\d{15})-([0-9a-f]{16})\.json$/;

/** Keeps what syncs overwrite or delete: contents by their hash, so that the same content is kept once. */
export class UndoStore {
  /** One at a time: syncs of many boards run side by side, and letting go must not take what another just kept. */
  readonly #queue = new Queue();
  /** Records by file name, read once for the sweep: a thousand boards have ten thousand. Only `save` writes a name again. */
  readonly #read = new Map<string, UndoRecord | undefined>();
  #swept = false;

  constructor(private readonly folder: UndoFolder) {}

  /** Keeps `content`, which a record that has been saved names. */
  async keep(content: Uint8Array): Promise<void> {
    const hash = sha256(content);
    await this.#queue.run(async () => {
      if (!(await this.has(hash))) await this.folder.write(blobName(hash), content);
    });
  }

  async has(hash: string): Promise<boolean> {
    return (await this.content(hash)) !== undefined;
  }

  /** The content of that hash; a kept file that has been damaged counts as lost. */
  async content(hash: string): Promise<Uint8Array | undefined> {
    const found = await this.folder.read(blobName(hash));
    return found && sha256(found) === hash ? found : undefined;
  }

  /** Writes a record (again: board and time decide), and lets go of what no record needs any more. */
  async save(record: UndoRecord): Promise<void> {
    await this.#queue.run(async () => {
      const text = JSON.stringify(record);
      const name = recordName(record);
      await this.folder.write(name, new TextEncoder().encode(text));
      this.#read.set(name, record);
      const own = await this.#records(record.board);
      const old = own.slice(0, Math.max(0, own.length - RECORDS_PER_BOARD));
      for (const one of old) await this.#drop(one);
      if (old.length > 0 || !this.#swept) await this.#sweep();
    });
  }

  /** The newest sync of `board` that can be taken back. */
  async last(board: string): Promise<UndoRecord | undefined> {
    return (await this.#records(board)).at(-1);
  }

  async forget(record: UndoRecord): Promise<void> {
    await this.#queue.run(async () => {
      await this.#drop(record);
      await this.#sweep();
    });
  }

  /** Records of `board` as they are now, the oldest first. One that cannot be read is left out. */
  async #records(board: string): Promise<UndoRecord[]> {
    const key = boardKey(board);
    const names = (await this.folder.list()).filter((name) => RECORD.exec(name)?.[2] === key);
    const records = await Promise.all(names.sort().map((name) => this.#parse(name)));
    return records.filter((record) => record !== undefined);
  }

  async #parse(name: string): Promise<UndoRecord | undefined> {
    const found = await this.folder.read(name);
    if (!found) return undefined;
    try {
      const record: unknown = JSON.parse(new TextDecoder().decode(found));
      return isRecord(record) ? record : undefined;
    } catch {
      // Half written when the computer went down: there is nothing to take back from it.
      return undefined;
    }
  }

  async #drop(record: UndoRecord): Promise<void> {
    const name = recordName(record);
    await this.folder.remove(name);
    this.#read.delete(name);
  }

  /** Removes the contents that no record names: after a record has gone, and once for what a crash left. */
  async #sweep(): Promise<void> {
    const names = await this.folder.list();
    const needed = new Set<string>();
    for (const name of names.filter((name) => RECORD.test(name))) {
      if (!this.#read.has(name)) this.#read.set(name, await this.#parse(name));
      for (const { before } of this.#read.get(name)?.entries ?? []) {
        if (before !== null) needed.add(blobName(before));
      }
    }
    for (const name of names) {
      if (name.endsWith('.blob') && !needed.has(name)) await this.folder.remove(name);
    }
    this.#swept = true;
  }
}

function blobName(hash: string): string {
  return `${hash}.blob`;
}

function recordName(record: UndoRecord): string {
  return `sync-${String(record.time).padStart(15, '0')}-${boardKey(record.board)}.json`;
}

/** A board's id holds slashes and colons; its hash is a file name everywhere. */
function boardKey(board: string): string {
  return sha256(new TextEncoder().encode(board)).slice(0, 16);
}

/** Records of another version are of no use, and no harm. */
function isRecord(value: unknown): value is UndoRecord {
  const { version, entries } = (value ?? {}) as Record<string, unknown>;
  return version === 1 && Array.isArray(entries);
}
