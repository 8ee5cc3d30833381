import type { FileError } from './errors';

/**
 * Type and size of a path on a board. Sizes are in bytes; `mtime` is in seconds since 1970,
 * undefined if the board has no clock.
 */
export interface Stat {
  readonly type: 'file' | 'dir';
  readonly size: number;
  readonly mtime?: number;
}

/** One entry of a folder. */
export interface Entry extends Stat {
  readonly name: string;
}

/**
 * One entry of a recursive walk: the absolute path, and for files the SHA-256 in lower-case hex if
 * requested.
 */
export interface WalkEntry extends Stat {
  readonly path: string;
  readonly sha256?: string;
}

/** Total and free bytes of the file system that contains a path. */
export interface Space {
  readonly total: number;
  readonly free: number;
}

/** Default locations on a board. */
export interface Places {
  /**
   * The root of the default file system: `/`, or `/flash` on boards that mount nothing at the root.
   */
  readonly home: string;
  /** The folder for packages: the first writable folder of `sys.path` that ends in `/lib`. */
  readonly lib: string;
}

/** Options of verbs that move the content of files. */
export interface TransferOptions {
  /** The content includes a password or key: see SessionOptions.secret. */
  secret?: boolean;
  /**
   * Write start files exactly as given. By default, lines in them that start the agent are kept.
   */
  asGiven?: boolean;
  /**
   * Compare files with those on the board where that costs less than sending them, and leave out the identical ones. Called
   * with the path of each (`writeMany` only).
   */
  onSame?: ((path: string) => void) | undefined;
  signal?: AbortSignal;
  /** Called often with the content bytes moved so far and the total. */
  onProgress?: (done: number, total: number, path: string) => void;
}

/**
 * A file to write. Content may be supplied lazily, so that a thousand files need not be in memory
 * at once.
 */
export interface WriteItem {
  readonly path: string;
  readonly content: Uint8Array | (() => Promise<Uint8Array>);
}

/** A file on the board where another one is to be written. Its content comes along if it is short and differs. */
export interface FoundFile {
  readonly sha256: string;
  readonly content?: Uint8Array;
}

/** What became of files that were to be written where nothing is. */
export interface NewFiles {
  /** What is at each path. All undefined: the files were written, at least those before `failed`. */
  readonly there: readonly (FoundFile | undefined)[];
  /** The paths that were written. */
  readonly written: ReadonlySet<string>;
  /** The folders that were made for them, the outermost first. */
  readonly madeDirs: readonly string[];
  /** Why not all were written, although nothing is at their paths. */
  readonly failed?: FileError;
}

/** A file to read. If `size` is known, the progress total is right from the start. */
export interface ReadItem {
  readonly path: string;
  readonly size?: number;
}

/**
 * Receives a file's verified content. The next file is delivered when the returned promise
 * resolves.
 */
export type TakeFile = (content: Uint8Array, path: string) => Promise<void> | void;

/** What a walk through a folder collects. */
export interface WalkOptions {
  /**
   * Request the SHA-256 of every file, or of files up to `upTo` bytes if the link can do that
   * without another round trip (larger files then have none).
   */
  hash?: boolean | { readonly upTo: number };
  /**
   * Request the modification times of all files, or of the first ones: a board searches the folder for each. A link that gets
   * them at no cost gives them anyway.
   */
  dates?: boolean | { readonly first: number };
  /** Only the folder itself, without what is in its folders. */
  shallow?: boolean;
  signal?: AbortSignal;
}

/**
 * Every file verb of a board. Paths are absolute with `/` as separator, and are always escaped in
 * Python source. All methods reject with FileError, ConnectionLostError, CancelledError or
 * ProgramRunningError.
 */
export interface BoardFiles {
  list(path: string, signal?: AbortSignal): Promise<Entry[]>;
  stat(path: string, signal?: AbortSignal): Promise<Stat>;
  /** Lists everything below `path`, a whole tree in one round trip. */
  walk(path: string, options?: WalkOptions): Promise<WalkEntry[]>;
  /**
   * Returns the SHA-256 (lower-case hex) of files, undefined for those that do not exist. One round
   * trip for as many as fit into the heap.
   */
  hash(paths: readonly string[], signal?: AbortSignal): Promise<(string | undefined)[]>;
  read(path: string, options?: TransferOptions): Promise<Uint8Array>;
  /**
   * Reads many files without a round trip each, and delivers them one by one in order. Stops at the
   * first that cannot be read. Progress counts the bytes of all.
   */
  readMany(items: readonly ReadItem[], take: TakeFile, options?: TransferOptions): Promise<void>;
  /**
   * Writes to a temporary file, which the board verifies by hash and renames; creates missing
   * parent folders. Keeps lines in main.py that start the agent (unless `asGiven`).
   */
  write(path: string, content: Uint8Array, options?: TransferOptions): Promise<void>;
  /**
   * Writes many files without a round trip each. Each file is atomic; stops at the first failure.
   */
  writeMany(items: readonly WriteItem[], options?: TransferOptions): Promise<void>;
  /**
   * Writes files like writeMany, but only if nothing is at any of their paths: in one round trip, if they are small. Otherwise
   * writes none and returns what is there.
   * @returns undefined: not possible, use hash and writeMany
   * @throws FileError naming the file that cannot be written; none was written then
   */
  writeNew?(items: readonly WriteItem[], options?: TransferOptions): Promise<NewFiles | undefined>;
  mkdir(path: string, options?: { parents?: boolean; signal?: AbortSignal }): Promise<void>;
  /** Removes a file, or a folder (with `recursive`, including its contents). */
  remove(path: string, options?: { recursive?: boolean; signal?: AbortSignal }): Promise<void>;
  rename(
    from: string,
    to: string,
    options?: { overwrite?: boolean; signal?: AbortSignal },
  ): Promise<void>;
  copy(
    from: string,
    to: string,
    options?: { overwrite?: boolean; signal?: AbortSignal },
  ): Promise<void>;
  space(path: string, signal?: AbortSignal): Promise<Space>;
  /**
   * Returns where the board keeps its files. The board is asked once per connection.
   * @throws FileError ENODEV if no file system is mounted
   */
  places(signal?: AbortSignal): Promise<Places>;
}
