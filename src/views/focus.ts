import * as vscode from 'vscode';
import type { Board } from '../core/board';
import { DisposableStore, type Disposable } from '../core/events';
import type { BoardUris } from './boardUris';
import type { Terminals } from './repl/terminals';
import { boardsOfNode, type TreeNode } from './tree';

export interface FocusServices {
  readonly uris: BoardUris;
  readonly terminals: Terminals;
  /** Rows of the tree that are selected. */
  readonly selection: () => readonly TreeNode[];
}

/**
 * What the user focused last. VS Code does not report the keyboard focus, and the palette takes it
 * anyway.
 */
export class Focus implements Disposable {
  readonly #store = new DisposableStore();
  #last: 'tree' | 'editor' | 'terminal' | undefined;
  #terminal: Board | undefined;

  constructor(private readonly services: FocusServices) {
    this.#store.add(
      vscode.window.onDidChangeActiveTextEditor((editor) => {
        if (editor) this.#last = 'editor';
        else if (this.#last === 'editor') this.#last = undefined;
      }),
    );
    this.#store.add(
      vscode.window.onDidChangeTextEditorSelection(({ kind }) => {
        if (kind === vscode.TextEditorSelectionChangeKind.Mouse) this.#last = 'editor';
        if (kind === vscode.TextEditorSelectionChangeKind.Keyboard) this.#last = 'editor';
      }),
    );
    this.#store.add(
      services.terminals.onDidActivate((board) => {
        this.#last = 'terminal';
        this.#terminal = board;
      }),
    );
  }

  /** Records that the tree had the focus last, because its selection has changed. */
  turnedToTree(): void {
    this.#last = 'tree';
  }

  /** Rows of the tree, if the tree had the focus last. */
  get rows(): readonly TreeNode[] {
    return this.#last === 'tree' ? this.services.selection() : [];
  }

  /** The active editor's file, if the editor had the focus last. */
  get uri(): vscode.Uri | undefined {
    return this.#last === 'editor' ? vscode.window.activeTextEditor?.document.uri : undefined;
  }

  /** The boards that the user focused last. Empty for local files and everything else. */
  get boards(): readonly Board[] {
    if (this.#last === 'terminal') return this.#terminal ? [this.#terminal] : [];
    const place = this.uri && this.services.uris.fromUri(this.uri);
    return place ? [place.board] : [...new Set(this.rows.flatMap(boardsOfNode))];
  }

  /** Boards of the rows that are selected in the tree, whatever had the focus last. */
  get selectedBoards(): readonly Board[] {
    return [...new Set(this.services.selection().flatMap(boardsOfNode))];
  }

  dispose(): void {
    this.#store.dispose();
  }
}
