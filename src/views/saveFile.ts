import * as vscode from 'vscode';
import { replaceFile } from '../core/localFiles';

/**
 * Writes a file that the user named, always as a whole: no reader sees half of it. Keeps
 * permissions, and writes through a link.
 * @throws the system's error, or a vscode.FileSystemError outside this computer
 */
export function saveFile(uri: vscode.Uri, content: string | Uint8Array): Promise<void> {
  return write(uri, content, true);
}

/**
 * Writes a file that came from a board or an index, always as a whole. The user did not choose its
 * name, so a link with that name is replaced and not followed.
 * @throws as {@link saveFile}
 */
export function placeFile(uri: vscode.Uri, content: Uint8Array): Promise<void> {
  return write(uri, content, false);
}

async function write(
  uri: vscode.Uri,
  content: string | Uint8Array,
  follow: boolean,
): Promise<void> {
  // VS Code writes in place, and its own rename deletes the target first: Node replaces a file of this computer in one step.
  if (uri.scheme === 'file') return replaceFile(uri.fsPath, content, { follow });
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  // eslint-disable-next-line no-restricted-syntax -- outside this computer there is no other way
  await vscode.workspace.fs.writeFile(uri, bytes);
}
