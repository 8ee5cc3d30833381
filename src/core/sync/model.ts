import type { HostNames } from '../files';
import type { WalkEntry } from '../boardFiles';

/**
 * `push` writes to the board and never deletes. `mirror` also deletes files that only the board has. `pull` writes to the computer
 * and never deletes.
 */
export type SyncMode = 'push' | 'mirror' | 'pull';

/** A file on the computer, with its path on the board. */
export interface LocalFile {
  /** Absolute path on the board. */
  readonly board: string;
  /** Absolute path on the computer, `/` between parts on every system. */
  readonly local: string;
  /** Bytes. */
  readonly size: number;
  /** Lower-case hex, of the unchanged bytes: line ends are never converted. */
  readonly sha256: string;
  /** Content to write in place of the file's content. */
  readonly content?: Uint8Array;
  /** `checkOnly`: a difference is only reported. `noUpdate`: the file is written only if the board does not have it. */
  readonly policy?: 'checkOnly' | 'noUpdate';
  /** The file is wanted as .mpy, whatever the setting for uploads says. */
  readonly compile?: boolean;
}

/** A problem that keeps a file out of the sync, or that the user should know before it runs. */
export interface SyncProblem {
  /** `error`: the file at `path` is left out. `warning`: it is included. */
  readonly severity: 'error' | 'warning';
  /** A path on the board, or on the computer if there is no board path. */
  readonly path: string;
  readonly message: string;
}

/** The files that the computer wants on the board, from a folder, a device file or an mqsync specification. */
export interface LocalTree {
  readonly files: readonly LocalFile[];
  /** Folders (board paths) that belong there even if they are empty. */
  readonly dirs: readonly string[];
  readonly problems: readonly SyncProblem[];
}

/** A file or folder of the board, under the computer's spelling of its name. */
export interface RemoteEntry extends WalkEntry {
  /** The board's own spelling, if it differs in case on a file system that ignores case. */
  readonly was?: string;
}

/** The board's files. `sha256` is set for every file whose size equals that of its counterpart. */
export type RemoteTree = readonly RemoteEntry[];

/** Limits of a plan. All paths are board paths. */
export interface SyncRules {
  /** Folders that the sync covers. Nothing outside them is deleted or pulled. */
  readonly roots: readonly string[];
  /** The sync ignores this path of the board: it is neither pulled nor deleted. */
  isHidden(path: string, isDir: boolean): boolean;
  /** Never deleted, in any mode. */
  isProtected(path: string, isDir: boolean): boolean;
  /** Returns the local path for a file that only the board has, or undefined if a pull ignores it. */
  localPathOf(path: string): string | undefined;
  readonly host: HostNames;
}

/** `rename`: only the case of the name differs, on a board whose file system ignores case. */
export type SyncActionKind = 'add' | 'update' | 'delete' | 'rename';

/** One step of a sync, identified by its path on the board. */
export interface SyncAction {
  readonly kind: SyncActionKind;
  /** The side that changes. */
  readonly side: 'board' | 'local';
  readonly type: 'file' | 'dir';
  /** Absolute path on the board. */
  readonly path: string;
  /** Absolute path on the computer, or undefined if only the board has the file and no mapping covers it. */
  readonly local?: string;
  /** The board's current spelling of the path, if it differs in case. */
  readonly was?: string;
  /** Bytes to move; 0 for a deletion. */
  readonly size: number;
  /** SHA-256 of the content to write, if known. */
  readonly sha256?: string;
  /** Content to write in place of the local file's content. */
  readonly content?: Uint8Array;
  /** Current size on the changed side in bytes, or undefined if it does not exist there. */
  readonly oldSize?: number;
}

/** The planned steps of a sync. Nothing has been changed yet. */
export interface SyncPlan {
  readonly mode: SyncMode;
  /** Files sorted by path. Folders to delete come after their content. */
  readonly actions: readonly SyncAction[];
  /** Number of files that are the same on both sides. */
  readonly unchanged: number;
  /** Files that only the board has and that stay because they are protected. */
  readonly kept: readonly string[];
  readonly problems: readonly SyncProblem[];
  /** Folders on the board when the plan was made. */
  readonly boardDirs: readonly string[];
}
