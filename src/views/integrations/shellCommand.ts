import { delimiter, join } from 'node:path';
import * as vscode from 'vscode';
import { writeShims } from '../../core/shims';
import type { Needs } from '../context';

/** Puts `mpyfleet` on the PATH of every terminal of the window. */
export function registerShellCommand({
  extension,
  log,
}: Needs<'extension' | 'log'>): vscode.Disposable {
  const folder = vscode.Uri.joinPath(extension.globalStorageUri, 'bin').fsPath;
  const { environmentVariableCollection: variables } = extension;
  variables.description = vscode.l10n.t('The mpyfleet command of MicroPython Fleet');
  // A shell may reset PATH when it starts; shell integration then adds the folder again.
  variables.prepend('PATH', `${folder}${delimiter}`, {
    applyAtProcessCreation: true,
    applyAtShellIntegration: true,
  });
  writeShims(folder, 'mpyfleet', {
    node: process.execPath,
    script: join(extension.extensionPath, 'dist', 'cli.js'),
  }).catch((error: unknown) => {
    variables.clear();
    log.error('mpyfleet could not be put on PATH', String(error));
  });
  // VS Code removes the collection together with the extension.
  return vscode.Disposable.from();
}
