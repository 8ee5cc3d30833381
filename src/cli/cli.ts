import { shownPath } from '../core/files';
import type { MountedFolder } from '../core/mount';
import type { AuditBoard, StoreServer } from '../core/store';
import type { UndoStore } from '../core/sync';
import type { Log } from '../core/log';
import type { CliInput } from './input';
import type { IgnoredBoards, KeyStore } from './broker';
import type { Links, PlacedMacro } from './board';
import type { Options } from './table';

/** The window in whose terminal a command line runs. */
export interface CliWindow {
  links(cli: Cli): Promise<Links>;
  readonly keys: KeyStore;
  /** Returns the macros in the window's settings. @throws UsageError for an invalid one */
  macros(): readonly PlacedMacro[];
  /** Path of the window's history. */
  readonly historyFile: string;
  /** Returns the server with the window's history. Undefined: the file is used. */
  historyServer(): Promise<StoreServer | undefined>;
  readonly ignored: IgnoredBoards;
  /** The window's copies of replaced and deleted files. */
  readonly undo: UndoStore;
  /** Removes a board that is away from the window. */
  forget(uid: string): Promise<void>;
}

/** A folder of this computer that boards see while a command works on them. */
export interface CliMount {
  readonly folder: MountedFolder;
  /** Its path on the board. */
  readonly at: string;
}

/** The environment of a verb: everything outside the program, so that tests can replace it. */
export interface Cli {
  readonly options: Options;
  /** Receives results. */
  out(data: Uint8Array | string): void;
  /** Receives errors and progress for the user. */
  err(text: string): void;
  readonly input: CliInput;
  /** Handles Ctrl-C: the first aborts `signal`, the second ends the program immediately. */
  interrupt(): void;
  /** Width of the terminal that `out` writes to; undefined if it is not a terminal. */
  readonly columns: number | undefined;
  /** Whether `err` is a terminal, so that progress may be drawn. */
  readonly interactive: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  readonly log: Log;
  /** Opens a local file in the user's editor. @returns the editor's exit status */
  edit(editor: string, file: string): Promise<number | null>;
  /** Set after `mount FOLDER +`. */
  readonly mount?: CliMount;
  /** Set if the command runs in a window. */
  readonly window?: CliWindow;
  /** Records how the work on one board ended, for the audit. */
  worked?(board: AuditBoard): void;
}

/** Runs one verb and returns the exit status. */
export type VerbRun = (cli: Cli, args: readonly string[]) => Promise<number>;

/**
 * Removes characters that control a terminal or reverse the reading direction, because the text may
 * come from a board. Line breaks and tabs are kept.
 */
export function printable(text: string): string {
  return shownPath(text).replace(
    // eslint-disable-next-line no-control-regex -- control characters are what this is about
    /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g,
    '\ufffd',
  );
}
