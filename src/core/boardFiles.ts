/** What a path on a board is. Sizes in bytes; `mtime` in seconds since 1970, undefined where the board has no clock. */
export interface Stat {
  readonly type: 'file' | 'dir';
  readonly size: number;
  readonly mtime?: number;
}

export interface Entry extends Stat {
  readonly name: string;
}

/** One line of a recursive walk: absolute path, and for files the SHA-256 in lower-case hex when it was asked for. */
export interface WalkEntry extends Stat {
  readonly path: string;
  readonly sha256?: string;
}

/** Bytes in all and free on the file system that holds a path. */
export interface Space {
  readonly total: number;
  readonly free: number;
}

export interface TransferOptions {
  /** The content holds a password or a key: see SessionOptions.secret. */
  secret?: boolean;
  /** A start file too becomes just what is given; without this, lines in it that start the agent are kept. */
  asGiven?: boolean;
  signal?: AbortSignal;
  /** Bytes of content moved so far, of how many. Called often; cheap to ignore. */
  onProgress?: (done: number, total: number, path: string) => void;
}

/** One file to write: content may be given late, so that a thousand files need not be in memory at once. */
export interface WriteItem {
  readonly path: string;
  readonly content: Uint8Array | (() => Promise<Uint8Array>);
}

/** One file to read. `size`, where it is known, makes the progress's total right from the start. */
export interface ReadItem {
  readonly path: string;
  readonly size?: number;
}

/** Takes a file's content, verified; the next is handed over when this one has been dealt with. */
export type TakeFile = (content: Uint8Array, path: string) => Promise<void> | void;

export interface WalkOptions {
  /**
   * Gives the SHA-256 of every file; or of those up to so many bytes, where a link can do that without a further round
   * trip (others then give none).
   */
  hash?: boolean | { readonly upTo: number };
  signal?: AbortSignal;
}

/**
 * Every file verb of a board. Paths are absolute, `/` between parts, never through Python source unescaped.
 * All reject with FileError, ConnectionLostError, CancelledError or ProgramRunningError.
 */
export interface BoardFiles {
  list(path: string, signal?: AbortSignal): Promise<Entry[]>;
  stat(path: string, signal?: AbortSignal): Promise<Stat>;
  /** Everything below `path`, in one round trip for a whole tree. */
  walk(path: string, options?: WalkOptions): Promise<WalkEntry[]>;
  /** SHA-256 (lower-case hex) of some files, undefined for those that are not there; one round trip. */
  hash(paths: readonly string[], signal?: AbortSignal): Promise<(string | undefined)[]>;
  read(path: string, options?: TransferOptions): Promise<Uint8Array>;
  /**
   * Many files without a round trip each, handed over one by one in their order; stops at the first that cannot be read.
   * Progress counts the bytes of all.
   */
  readMany(items: readonly ReadItem[], take: TakeFile, options?: TransferOptions): Promise<void>;
  /**
   * Temporary file, verified by hash on the board, then renamed; makes missing parent folders. Lines in main.py that start
   * the agent stay in it (`asGiven`).
   */
  write(path: string, content: Uint8Array, options?: TransferOptions): Promise<void>;
  /** Many files without a round trip each. Each file is atomic by itself; stops at the first that fails. */
  writeMany(items: readonly WriteItem[], options?: TransferOptions): Promise<void>;
  mkdir(path: string, options?: { parents?: boolean; signal?: AbortSignal }): Promise<void>;
  /** Removes a file, or a folder (with `recursive`, all that is in it). */
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
}
