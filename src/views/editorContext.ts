import * as vscode from 'vscode';
import type { Needs } from './context';

/** Context key: the active editor contains Python. Only editors see VS Code's own key for that, not terminals. */
const PYTHON = 'mpyFleet.pythonEditor';
/** Context key: the active editor contains a file of this computer. */
const LOCAL = 'mpyFleet.localEditor';

/** Sets the context keys for the active editor in every part of the window, so that the keys to run and upload work everywhere. */
export function registerEditorContext({ log }: Needs<'log'>): vscode.Disposable {
  const set = (key: string, value: boolean) =>
    vscode.commands
      .executeCommand('setContext', key, value)
      .then(undefined, (error: unknown) => log.warn(String(error)));
  const tell = () => {
    const document = vscode.window.activeTextEditor?.document;
    void set(
      PYTHON,
      document?.languageId === 'python' || (document?.uri.path ?? '').endsWith('.py'),
    );
    void set(LOCAL, document?.uri.scheme === 'file');
  };
  tell();
  return vscode.Disposable.from(
    vscode.window.onDidChangeActiveTextEditor(tell),
    vscode.workspace.onDidOpenTextDocument(tell), // also when the language of a file changes
  );
}
