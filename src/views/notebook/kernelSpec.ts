import * as vscode from 'vscode';

/** Name in the metadata of notebooks that we have run first. */
const NAME = 'micropython';

interface Metadata {
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** Adds our kernel to the metadata of a notebook without a kernel, as a record of how it was run. Others are unchanged. */
export async function setKernelSpec(notebook: vscode.NotebookDocument): Promise<void> {
  const { metadata = {} } = notebook.metadata as Metadata;
  if (metadata.kernelspec !== undefined || notebook.isClosed) return;
  const edit = new vscode.WorkspaceEdit();
  const kernelspec = { display_name: 'MicroPython', language: 'python', name: NAME };
  const own = { ...metadata, kernelspec, language_info: { name: 'python' } };
  edit.set(notebook.uri, [
    vscode.NotebookEdit.updateNotebookMetadata({ ...notebook.metadata, metadata: own }),
  ]);
  await vscode.workspace.applyEdit(edit);
}

/** Returns whether the notebook was written for a kernel of MicroPython: ours, or IoT Kernel. */
export function isMicroPython(notebook: vscode.NotebookDocument): boolean {
  return /micropython/i.test(kernelName(notebook)) || isIotNotebook(notebook);
}

/**
 * Returns whether the notebook was written for IoT Kernel, where an exception in a cell does not stop the
 * cells after it.
 */
export function isIotNotebook(notebook: vscode.NotebookDocument): boolean {
  return /^iot/i.test(kernelName(notebook));
}

function kernelName(notebook: vscode.NotebookDocument): string {
  const { metadata } = notebook.metadata as Metadata;
  const { name } = (metadata?.kernelspec ?? {}) as { name?: unknown };
  return typeof name === 'string' ? name : '';
}
