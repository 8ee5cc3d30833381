import type { CommandId } from '../manifest';
import type * as vscode from 'vscode';
import type { Board } from '../core/board';
import type { RemotePath } from '../views/boardUris';
import type { ViewContext } from '../views/context';
import type { TreeNode } from '../views/tree';

/**
 * Which boards a command can work on. The picker offers these; others are rejected with an
 * explanation.
 */
export type BoardFilter =
  /** Any board in the tree. */
  | 'any'
  /** A link can be tried; it is opened when the work begins. */
  | 'present'
  /** The same for one board. Several are all taken: the work can wait for those that are away. */
  | 'presentOrLater'
  /** A link is open. */
  | 'open'
  /** No link is open, but one can be tried. */
  | 'closed';

/** A file or folder on a board that a command was called on. */
export interface RemoteTarget extends RemotePath {
  /** Undefined when only a URI was given. */
  readonly type?: 'file' | 'dir';
}

/** One call of a command. */
export interface Call {
  /** The arguments from a menu, a keybinding or another command. */
  readonly args: readonly unknown[];
  /** Aborted when the user cancels the progress. */
  readonly signal: AbortSignal;
  /**
   * Reports progress in bytes or items; ignored by commands that show none. The progress appears
   * with the first report, or when a board has been busy for a moment, so call this after the last
   * question.
   */
  report(message: string, done?: number, total?: number): void;
  /** Shows the progress now: for work that neither reports nor keeps a board busy. */
  readonly begin: () => void;
  /** Asks a question during the work. The progress is hidden until it is answered. */
  readonly ask: <T>(question: () => PromiseLike<T>) => Promise<T>;
}

/** How a command shows its progress. `notification` has a cancel button and is for long work. */
export interface ProgressLook {
  readonly where: 'notification' | 'window' | 'view';
  /** Returns the title. `names`: the boards it works on. */
  title(names: string): string;
}

interface Base {
  /**
   * The command's id without `mpyFleet.`. Title, icon, menus and keys are in the tables of
   * src/manifest.
   */
  readonly id: CommandId;
  readonly progress?: ProgressLook;
}

/** Needs no board. */
export interface PlainCommand extends Base {
  readonly needs: 'nothing';
  run(context: ViewContext, call: Call): Promise<void> | void;
}

/** Works on one board. */
export interface BoardCommand extends Base {
  readonly needs: 'board';
  readonly which: BoardFilter;
  run(context: ViewContext, board: Board, call: Call): Promise<void> | void;
}

/** Works on all selected boards. A failure on one does not stop the others; see forEachBoard. */
export interface BoardsCommand extends Base {
  readonly needs: 'boards';
  readonly which: BoardFilter;
  run(context: ViewContext, boards: readonly Board[], call: Call): Promise<void> | void;
}

/** Works on files or folders on boards: nodes of the tree, `mpy:` files in the Explorer, the `mpy:` editor. */
export interface RemoteCommand extends Base {
  readonly needs: 'remote';
  run(context: ViewContext, targets: readonly RemoteTarget[], call: Call): Promise<void> | void;
}

/** Works on rows of the tree only: those of its menu, or those that a key pressed in it means. */
export interface RowsCommand extends Base {
  readonly needs: 'rows';
  run(context: ViewContext, rows: readonly TreeNode[], call: Call): Promise<void> | void;
}

/** Works with local files (Explorer selection, active editor) and the boards that they go to. */
export interface LocalCommand extends Base {
  readonly needs: 'local';
  readonly which: BoardFilter;
  /** Several boards may be chosen. */
  readonly many: boolean;
  run(
    context: ViewContext,
    target: { readonly uris: readonly vscode.Uri[]; readonly boards: readonly Board[] },
    call: Call,
  ): Promise<void> | void;
}

/** A line of the command table. What a command needs is in its type, so no handler checks it again. */
export type Command =
  PlainCommand | BoardCommand | BoardsCommand | RemoteCommand | RowsCommand | LocalCommand;
