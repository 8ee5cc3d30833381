import * as vscode from 'vscode';
import type { Supervisor } from '../../core/apps';
import type { Needs } from '../context';

/** Reads the compiled supervisor of apps from the extension. */
export async function supervisorFiles({ extension }: Needs<'extension'>): Promise<Supervisor> {
  const folder = vscode.Uri.joinPath(extension.extensionUri, 'dist', 'fleet');
  const files = new Map<string, Uint8Array>();
  for (const [name, type] of await vscode.workspace.fs.readDirectory(folder)) {
    if (type !== vscode.FileType.File || !name.endsWith('.mpy')) continue;
    files.set(name, await vscode.workspace.fs.readFile(vscode.Uri.joinPath(folder, name)));
  }
  return files;
}
