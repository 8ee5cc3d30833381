import * as vscode from 'vscode';
import type { Disposable } from '../../core/events';
import { asError } from '../../core/errors';
import type { Register, Needs } from '../context';
import type { NotebookWing } from './wing';

/** The notebook type of `.ipynb` files, which VS Code reads and writes itself. */
export const NOTEBOOK_TYPE = 'jupyter-notebook';

/**
 * Connects notebooks to the extension. The code that runs them is loaded when the first one is
 * opened.
 */
export class Notebooks implements Disposable {
  #wing: Promise<NotebookWing> | undefined;

  /** Loads the part that runs notebooks. */
  load(
    context: Needs<
      'extension' | 'log' | 'settings' | 'fleet' | 'active' | 'many' | 'sync' | 'packages'
    >,
  ): Promise<NotebookWing> {
    this.#wing ??= import('./wing').then(({ NotebookWing: Wing }) => new Wing(context));
    return this.#wing;
  }

  dispose(): void {
    this.#wing?.then((wing) => wing.dispose()).catch(() => undefined); // the error was reported when it was loaded
  }
}

/** Kernels appear when a notebook is opened. */
export const registerNotebooks: Register = (context) => {
  const start = (notebook: vscode.NotebookDocument) => {
    if (notebook.notebookType !== NOTEBOOK_TYPE) return;
    context.notebooks.load(context).catch((error: unknown) => {
      context.log.error('Notebooks cannot run', asError(error));
    });
  };
  vscode.workspace.notebookDocuments.forEach(start);
  return vscode.workspace.onDidOpenNotebookDocument(start);
};
