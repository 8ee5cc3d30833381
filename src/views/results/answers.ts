import * as vscode from 'vscode';
import type { BoardResult } from '../../core/many';

/** Scheme of read-only documents with the answers of boards. */
export const ANSWER_SCHEME = 'mpy-answer';

/** Shows answers of boards as documents, for reading and for VS Code's diff editor. */
export class Answers implements vscode.TextDocumentContentProvider, vscode.Disposable {
  readonly #texts = new Map<string, string>();
  readonly #registration = vscode.workspace.registerTextDocumentContentProvider(
    ANSWER_SCHEME,
    this,
  );
  readonly #closing = vscode.workspace.onDidCloseTextDocument((document) => {
    if (document.uri.scheme === ANSWER_SCHEME) this.#texts.delete(document.uri.toString());
  });
  #count = 0;

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.#texts.get(uri.toString()) ?? '';
  }

  async open(result: BoardResult): Promise<void> {
    await vscode.window.showTextDocument(this.#add(result.board, textOf(result)), {
      preview: true,
    });
  }

  /** Shows any text, read-only. */
  async openText(name: string, text: string): Promise<void> {
    await vscode.window.showTextDocument(this.#add(name, text), { preview: true });
  }

  async compare(left: BoardResult, right: BoardResult): Promise<void> {
    await vscode.commands.executeCommand(
      'vscode.diff',
      this.#add(left.board, textOf(left)),
      this.#add(right.board, textOf(right)),
      `${left.board} ↔ ${right.board}`,
    );
  }

  dispose(): void {
    this.#registration.dispose();
    this.#closing.dispose();
  }

  #add(name: string, text: string): vscode.Uri {
    const safe = name.replace(/[^\w.-]+/g, '_') || 'board';
    const uri = vscode.Uri.from({ scheme: ANSWER_SCHEME, path: `/${++this.#count}/${safe}.txt` });
    this.#texts.set(uri.toString(), text);
    return uri;
  }
}

function textOf(result: BoardResult): string {
  const error = result.error ? `\n${result.error.traceback ?? result.error.message}\n` : '';
  return result.output + error;
}
