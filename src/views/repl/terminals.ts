import * as vscode from 'vscode';
import type { Board } from '../../core/board';
import { DisposableStore, Emitter, type Disposable } from '../../core/events';
import { ReplTerminal, type TerminalServices } from './replTerminal';

/** Context key: the active terminal is a board's. */
const REPL_ACTIVE = 'mpyFleet.replActive';

interface Open {
  readonly pty: ReplTerminal;
  terminal: vscode.Terminal | undefined;
}

/**
 * One REPL terminal per board, until the user closes it; closing it never disconnects the board.
 */
export class Terminals implements Disposable {
  readonly #store = new DisposableStore();
  readonly #open = new Map<Board, Open>();
  readonly #activated = this.#store.add(new Emitter<Board>());
  /** The user focused this board's terminal. */
  readonly onDidActivate = this.#activated.event;

  constructor(private readonly services: TerminalServices) {
    this.#store.add(vscode.window.onDidOpenTerminal((terminal) => this.#opened(terminal)));
    this.#store.add(vscode.window.onDidChangeActiveTerminal(() => this.#tellActive()));
    this.#store.add(
      services.fleet.onDidMerge(({ from, into }) => {
        const open = this.#open.get(from);
        if (!open || this.#open.has(into)) return;
        this.#open.delete(from);
        this.#open.set(into, open);
        open.pty.rebind(into);
      }),
    );
  }

  /** Shows the board's terminal, and creates it if necessary. */
  show(board: Board, preserveFocus = false): vscode.Terminal {
    const known = this.#open.get(board);
    if (known?.terminal) {
      known.terminal.show(preserveFocus);
      return known.terminal;
    }
    const open = this.#create(board);
    open.terminal = vscode.window.createTerminal(optionsFor(board, open.pty));
    open.terminal.show(preserveFocus);
    return open.terminal;
  }

  /**
   * Returns the options of a new terminal for the terminal profile, or undefined if the board's
   * terminal is already open.
   */
  profile(board: Board): vscode.ExtensionTerminalOptions | undefined {
    if (this.#open.has(board)) return undefined;
    return optionsFor(board, this.#create(board).pty);
  }

  /** Returns the board whose REPL `terminal` is. */
  boardOf(terminal: vscode.Terminal): Board | undefined {
    return [...this.#open].find(([, open]) => open.terminal === terminal)?.[0];
  }

  /** Sends keys to the stdin of running code until the result is disposed. */
  feed(board: Board, write: (data: Uint8Array) => Promise<void>): Disposable {
    return this.#open.get(board)?.pty.feed(write) ?? { dispose: () => undefined };
  }

  #create(board: Board): Open {
    const pty = new ReplTerminal(board, this.services, () => {
      for (const [key, value] of this.#open) if (value.pty === pty) this.#open.delete(key);
    });
    const open: Open = { pty, terminal: undefined };
    this.#open.set(board, open);
    return open;
  }

  #opened(terminal: vscode.Terminal): void {
    const { creationOptions } = terminal;
    if (!('pty' in creationOptions)) return;
    for (const open of this.#open.values()) {
      if (open.pty !== creationOptions.pty || open.terminal) continue;
      open.terminal = terminal;
      terminal.show(); // for a profile, VS Code creates the terminal without opening the panel
    }
    this.#tellActive();
  }

  #tellActive(): void {
    const active = vscode.window.activeTerminal;
    const board = active && this.boardOf(active);
    void vscode.commands.executeCommand('setContext', REPL_ACTIVE, board !== undefined);
    if (board) this.#activated.fire(board);
  }

  dispose(): void {
    this.#store.dispose();
    for (const { terminal } of this.#open.values()) terminal?.dispose();
  }
}

function optionsFor(board: Board, pty: vscode.Pseudoterminal): vscode.ExtensionTerminalOptions {
  return { name: board.name, pty, iconPath: new vscode.ThemeIcon('circuit-board') };
}
