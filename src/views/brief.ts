import * as vscode from 'vscode';

/** How long the status bar says that something went well. */
const SHOWN_MS = 5000;

/** Says in the status bar, for a moment, that something went well: it needs no answer and covers nothing. */
export function tellBriefly(text: string): void {
  vscode.window.setStatusBarMessage(text, SHOWN_MS);
}
