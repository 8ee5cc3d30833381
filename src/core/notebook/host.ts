import type { Board } from '../board';
import type { Selection } from '../many';
import type { TransferOptions } from '../boardFiles';
import type { SyncPlan, SyncResult } from '../sync';

/** A sync that has been planned but not carried out. */
export interface PlannedSync {
  readonly plan: SyncPlan;
  /** Carries it out as one step that can be undone. */
  apply(): Promise<SyncResult>;
}

/** What a device file wants on a board. */
export interface Configured {
  /** The device file, as a path. */
  readonly file: string;
  /** Paths on the board and on this computer, and sizes in bytes. */
  readonly files: readonly {
    readonly board: string;
    readonly local: string;
    readonly size: number;
  }[];
}

/** Services that a notebook needs. VS Code's window and the tests implement it. */
export interface NotebookHost {
  readonly boards: {
    all(): readonly Board[];
    /** The board to use while none is chosen. */
    fallback(): Board | undefined;
    /** Finds a board by a selector; see SELECTOR_HELP. @throws UsageError */
    select(selector: string): Selection<{ readonly board: Board }>;
    /** Adds an address to the list of boards. @throws UsageError */
    register(address: string): Promise<Board>;
    /** Removes the addresses that the user added for a board. @returns those addresses */
    unregister(board: Board): Promise<readonly string[]>;
    rename(board: Board, name: string): void;
    /** Gives boards that the user has not named the names of IoT Kernel's device files, which name them by unique id. */
    nameConfigured(): Promise<void>;
  };
  /** Plans a sync of the workspace (or of a device file) to a board. */
  planSync(board: Board, mode: 'push' | 'mirror', signal: AbortSignal): Promise<PlannedSync>;
  /** Reads what a device file wants on the board; undefined if no device file names it. */
  configured(board: Board, signal: AbortSignal): Promise<Configured | undefined>;
  readonly packages: {
    /** Installs packages on a board. @returns name and version of each installed package */
    toBoard(board: Board, specs: readonly string[], options: PackageOptions): Promise<string[]>;
    /** Installs into a folder on this computer. */
    toFolder(folder: string, specs: readonly string[], signal: AbortSignal): Promise<string[]>;
    /** Returns name, version and state of each package on the board. */
    list(board: Board, signal: AbortSignal): Promise<string[]>;
    remove(board: Board, names: readonly string[], signal: AbortSignal): Promise<string[]>;
    /** Compiles a source file to .mpy. @throws CompileError */
    compile(file: string, source: string): Promise<Uint8Array>;
  };
  /** Writes a file from this computer to a board. The replaced file can be restored. */
  write(
    board: Board,
    path: string,
    content: Uint8Array,
    options: Pick<TransferOptions, 'signal'>,
  ): Promise<void>;
  /** Returns the path of a Python 3 on this computer, or undefined if there is none. */
  python(): Promise<string | undefined>;
  /** Checks that the workspace is trusted. @throws UsageError while the workspace is not trusted */
  requireTrust(): void;
  /** Asks a modal question; `yes` is the title of its button. */
  confirm(question: string, detail: string, yes: string): Promise<boolean>;
  /** The folder on this computer that relative paths start from. */
  readonly folder: string;
  /** Environment variables. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** `target`: folder to install into; default: that of the packages. */
export interface PackageOptions {
  readonly target?: string;
  readonly signal: AbortSignal;
}
