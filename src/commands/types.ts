import type * as vscode from 'vscode';
import type { Board } from '../core/board/board';
import type { RemotePath } from '../views/boardUris';
import type { ViewContext } from '../views/context';

/** Which boards a command can work on; the picker offers these, and others are refused in words. */
export type BoardFilter =
  /** Any that is in the tree. */
  | 'any'
  /** A link can be tried; it is opened when the work begins. */
  | 'present'
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
  /** What VS Code (menu, keybinding, another command) gave. */
  readonly args: readonly unknown[];
  /** Aborted when the user cancels the progress. */
  readonly signal: AbortSignal;
  /** Says in the progress how far it is; does nothing for commands that show none. Bytes or items, as the command likes. */
  report(message: string, done?: number, total?: number): void;
}

/** How a command shows that it works. `notification` has a cancel button and is for what may take long. */
export interface ProgressLook {
  readonly where: 'notification' | 'window' | 'view';
  /** `names`: the boards it works on. */
  title(names: string): string;
}

interface Base {
  /** Without the `mpyFleet.` before it; title, icon and menus are in the manifest. */
  readonly id: string;
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

/** Works on as many boards as are selected. One that fails does not spoil it for the others: see forEachBoard. */
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
export type Command = PlainCommand | BoardCommand | BoardsCommand | RemoteCommand | LocalCommand;
