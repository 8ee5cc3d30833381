import * as vscode from 'vscode';

interface Metadata {
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** Adds our kernel to the metadata of a notebook without a kernel, as a record of how it was run. Others are unchanged. */
export async function setKernelSpec(notebook: vscode.NotebookDocument): Promise<void> {
  const { metadata = {} } = notebook.metadata as Metadata;
  if (metadata.kernelspec !== undefined || notebook.isClosed) return;
  const edit = new vscode.WorkspaceEdit();
  const kernelspec = { display_name: 'MicroPython', language: 'python', name: 'micropython' };
  const own = { ...metadata, kernelspec, language_info: { name: 'python' } };
  edit.set(notebook.uri, [
    vscode.NotebookEdit.updateNotebookMetadata({ ...notebook.metadata, metadata: own }),
  ]);
  await vscode.workspace.applyEdit(edit);
}
