import type { WalkEntry } from '../boardFiles';

/**
 * What a sync may do. `push` writes to the board and never deletes; `mirror` also deletes what the board has in excess;
 * `pull` writes to the computer and never deletes.
 */
export type SyncMode = 'push' | 'mirror' | 'pull';

/** A file on the computer and the place on the board that it belongs to. */
export interface LocalFile {
  /** Absolute path on the board. */
  readonly board: string;
  /** Absolute path on the computer, `/` between parts on every system. */
  readonly local: string;
  /** Bytes. */
  readonly size: number;
  /** Lower-case hex, of the bytes as they are: line ends are never changed. */
  readonly sha256: string;
  /** What is written in place of the file's own content. */
  readonly content?: Uint8Array;
  /** `checkOnly`: a difference is told and left. `noUpdate`: written only where the board has none. */
  readonly policy?: 'checkOnly' | 'noUpdate';
}

/** Something that keeps a file out of the sync, or that the user should know before it runs. */
export interface SyncProblem {
  /** `error`: the file at `path` is left out. `warning`: it takes part. */
  readonly severity: 'error' | 'warning';
  /** A path on the board, or on the computer where no board path exists. */
  readonly path: string;
  readonly message: string;
}

/** All that the computer wants on the board: made from a folder, a device file or an mqsync specification. */
export interface LocalTree {
  readonly files: readonly LocalFile[];
  /** Folders (paths on the board) that belong there even when they are empty. */
  readonly dirs: readonly string[];
  readonly problems: readonly SyncProblem[];
}

/** What the board has: `sha256` is there for every file whose size equals that of the file it is compared with. */
export type RemoteTree = readonly WalkEntry[];

/** What a plan may touch. All paths are paths on the board. */
export interface SyncRules {
  /** Folders that the sync covers: nothing outside them is deleted or pulled. */
  readonly roots: readonly string[];
  /** The board has it, and the sync does not see it: neither pulled nor deleted. */
  isHidden(path: string, isDir: boolean): boolean;
  /** Never deleted, whatever the mode. */
  isProtected(path: string, isDir: boolean): boolean;
  /** Where a file that only the board has goes when pulled; undefined: nowhere. */
  localPathOf(path: string): string | undefined;
  readonly host: HostNames;
}

/** What the computer's file system does with names. */
export interface HostNames {
  readonly windows: boolean;
  /** `Main.py` and `main.py` are one file. */
  readonly caseInsensitive: boolean;
}

export type SyncActionKind = 'add' | 'update' | 'delete';

/** One step of a sync, known by its path on the board. */
export interface SyncAction {
  readonly kind: SyncActionKind;
  /** The side that is changed. */
  readonly side: 'board' | 'local';
  readonly type: 'file' | 'dir';
  /** Absolute path on the board. */
  readonly path: string;
  /** Absolute path on the computer; undefined for what only the board has and the computer has no place for. */
  readonly local?: string;
  /** Bytes to move; 0 for a deletion. */
  readonly size: number;
  /** Of what is to be written, where it is known. */
  readonly sha256?: string;
  /** What is written in place of the local file's own content. */
  readonly content?: Uint8Array;
  /** Bytes that the changed side has now; undefined when it has none. */
  readonly oldSize?: number;
}

/** What a sync would do. Nothing has been changed yet. */
export interface SyncPlan {
  readonly mode: SyncMode;
  /** Files sorted by path; folders to delete come after what is in them. */
  readonly actions: readonly SyncAction[];
  /** Files that are the same on both sides. */
  readonly unchanged: number;
  /** In excess on the board, and kept there because they are protected. */
  readonly kept: readonly string[];
  readonly problems: readonly SyncProblem[];
  /** Folders that the board had when the plan was made. */
  readonly boardDirs: readonly string[];
}
