import { Queue } from '../async';
import type { SyncMode } from './model';
import { sha256 } from '../hash';

/** A folder on the computer, outside the workspace, for contents and records. Names are plain file names. */
export interface UndoFolder {
  read(name: string): Promise<Uint8Array | undefined>;
  write(name: string, content: Uint8Array): Promise<void>;
  remove(name: string): Promise<void>;
  list(): Promise<readonly string[]>;
}

/** The state of one path before and after. Hashes are SHA-256 in hex; null: it did not exist. */
export interface UndoEntry {
  /** Path on the board, or on the computer for a pull. */
  readonly path: string;
  readonly before: string | null;
  readonly after: string | null;
}

/** The data needed to undo one sync. */
export interface UndoRecord {
  readonly version: 1;
  readonly board: string;
  readonly mode: SyncMode;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly entries: readonly UndoEntry[];
  /** Created folders, the outermost first, and deleted folders, the innermost first. */
  readonly madeDirs: readonly string[];
  readonly removedDirs: readonly string[];
  /** Names whose case changed on a board that ignores case, outer folders first. */
  readonly renames?: readonly { readonly from: string; readonly to: string }[];
  /** Files and folders that were moved on the board, in this order. Of a file that one replaced there is an entry, too. */
  readonly moves?: readonly { readonly from: string; readonly to: string }[];
}

/** Number of syncs that can be undone for each board, the latest first. */
const RECORDS_PER_BOARD = 10;

const TEST_NAME = 'writable';
const RECORD = /^sync-(\d{15})-([0-9a-f]{16})\.json$/;

/** Keeps content that syncs overwrite or delete. It is stored by hash, so the same content is stored once. */
export class UndoStore {
  /** One operation at a time: syncs of many boards run in parallel, and removing old content must not remove what another sync just stored. */
  readonly #queue = new Queue();
  /** Records by file name, read once for the sweep because a thousand boards have ten thousand records. Only `save` changes a record. */
  readonly #read = new Map<string, UndoRecord | undefined>();
  #swept = false;

  constructor(private readonly folder: UndoFolder) {}

  /** Stores `content`, which a saved record refers to. */
  async keep(content: Uint8Array): Promise<void> {
    const hash = sha256(content);
    await this.#queue.run(async () => {
      if (!(await this.has(hash))) await this.folder.write(blobName(hash), content);
    });
  }

  /** Returns whether intact content with this hash is stored. */
  async has(hash: string): Promise<boolean> {
    return (await this.content(hash)) !== undefined;
  }

  /** Returns the content with this hash. A damaged file counts as lost. */
  async content(hash: string): Promise<Uint8Array | undefined> {
    const found = await this.folder.read(blobName(hash));
    return found && sha256(found) === hash ? found : undefined;
  }

  /** Throws what a later `save` would if nothing can be written: for changes that are recorded once they are made. */
  async requireWritable(): Promise<void> {
    await this.#queue.run(async () => {
      await this.folder.write(TEST_NAME, new Uint8Array());
      await this.folder.remove(TEST_NAME);
    });
  }

  /** Writes a record and replaces one of the same board and time. Then removes content that no record needs any more. */
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

  /** Returns the newest sync of `board` that can be undone. */
  async last(board: string): Promise<UndoRecord | undefined> {
    return (await this.#records(board)).at(-1);
  }

  /** Deletes a record, and content that no other record needs. */
  async forget(record: UndoRecord): Promise<void> {
    await this.#queue.run(async () => {
      await this.#drop(record);
      await this.#sweep();
    });
  }

  /** Reads the current records of `board`, the oldest first. Unreadable ones are left out. */
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
      // It was half written when the computer went down, so there is nothing to undo from it.
      return undefined;
    }
  }

  async #drop(record: UndoRecord): Promise<void> {
    const name = recordName(record);
    await this.folder.remove(name);
    this.#read.delete(name);
  }

  /** Removes content that no record refers to: after a record was removed, and once for leftovers of a crash. */
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

/**
 * Returns a hash of the board's id, which contains slashes and colons; the hash is a valid file
 * name everywhere.
 */
function boardKey(board: string): string {
  return sha256(new TextEncoder().encode(board)).slice(0, 16);
}

/** Records of another version are ignored. */
function isRecord(value: unknown): value is UndoRecord {
  const { version, entries } = (value ?? {}) as Record<string, unknown>;
  return version === 1 && Array.isArray(entries);
}
