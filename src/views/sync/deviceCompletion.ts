import * as vscode from 'vscode';
import { expandPath, keysFor, libraryFolders, slotAt } from '../../core/deviceYaml';
import type { Needs } from '../context';
import { uriAt, workspaceFs } from './workspaceFs';

/** Completes keys and the names of resources in device files. */
export function registerDeviceCompletion({ sync }: Needs<'sync'>): vscode.Disposable {
  const { devices } = sync;
  const provider: vscode.CompletionItemProvider = {
    async provideCompletionItems(document, position) {
      if (!devices.isDeviceFile(document.uri)) return [];
      const range = new vscode.Range(new vscode.Position(0, 0), position);
      const slot = slotAt(document.getText(range).split(/\r?\n/));
      if (slot === 'name') return names(devices.environment);
      return keysFor(slot).map(({ label, detail }) => {
        const item = new vscode.CompletionItem(label, vscode.CompletionItemKind.Property);
        item.detail = detail;
        item.insertText = `${label}: `;
        return item;
      });
    },
  };
  const selector: vscode.DocumentFilter[] = [{ pattern: '**/*.yaml' }, { pattern: '**/*.yml' }];
  return vscode.languages.registerCompletionItemProvider(selector, provider, '-', ' ');
}

/** Returns the resources in the libraries of both dialects. */
async function names(environment: Parameters<typeof libraryFolders>[0]) {
  const base = vscode.Uri.file('/');
  const fs = workspaceFs(base);
  const folders = [...libraryFolders(environment), expandPath('$IOT_PROJECTS', environment).path];
  const found = new Map<string, vscode.CompletionItem>();
  for (const folder of folders) {
    for (const { name, type } of (await fs.list(uriAt(base, folder).path)) ?? []) {
      if (name.startsWith('.') || found.has(name)) continue;
      const { File, Folder } = vscode.CompletionItemKind;
      const item = new vscode.CompletionItem(name, type === 'dir' ? Folder : File);
      item.detail = folder;
      found.set(name, item);
    }
  }
  return [...found.values()];
}
