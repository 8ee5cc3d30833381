import * as vscode from 'vscode';
import type { AgentSource } from '../../core/agent';
import type { Needs } from '../context';

/**
 * Reads the agent's files from the extension: compiled, or as source for boards that cannot load
 * .mpy files.
 */
export async function agentSource(
  { extension }: Needs<'extension'>,
  compiled: boolean,
): Promise<AgentSource> {
  const base = vscode.Uri.joinPath(
    extension.extensionUri,
    ...(compiled ? ['dist', 'agent'] : ['board', 'agent']),
  );
  const folder = vscode.Uri.joinPath(base, 'copy');
  const copy = new Map<string, Uint8Array>();
  for (const [name, type] of await vscode.workspace.fs.readDirectory(folder)) {
    if (type !== vscode.FileType.File || !/\.m?py$/.test(name)) continue;
    copy.set(name, await vscode.workspace.fs.readFile(vscode.Uri.joinPath(folder, name)));
  }
  return { shim: await vscode.workspace.fs.readFile(vscode.Uri.joinPath(base, 'shim.py')), copy };
}
