import * as vscode from 'vscode';
import {
  BoardLookups,
  complete,
  type Completion,
  helpText,
  magicAt,
  type NotebookKernel,
  parseCell,
} from '../../core/notebook';
import { magics } from '../../core/notebook/magics';
import type { Board } from '../../core/board';
import { FleetError } from '../../core/errors';
import { NOTEBOOK_TYPE } from './notebooks';

const CELLS: vscode.DocumentSelector = { notebookType: NOTEBOOK_TYPE, language: 'python' };

/** Returns the kernel of a cell. Undefined: another extension's. */
export type KernelOfCell = (document: vscode.TextDocument) => NotebookKernel | undefined;

const KINDS: Readonly<Record<Completion['kind'], vscode.CompletionItemKind>> = {
  magic: vscode.CompletionItemKind.Keyword,
  option: vscode.CompletionItemKind.Property,
  board: vscode.CompletionItemKind.Value,
  file: vscode.CompletionItemKind.File,
  folder: vscode.CompletionItemKind.Folder,
  name: vscode.CompletionItemKind.Variable,
};

/** Registers completion and hover in the cells of MicroPython notebooks. */
export function registerEditing(kernelOf: KernelOfCell): vscode.Disposable {
  const lookups = new BoardLookups();
  return vscode.Disposable.from(
    vscode.languages.registerCompletionItemProvider(
      CELLS,
      {
        provideCompletionItems: (document, position, token) =>
          completions({ kernelOf, lookups }, document, position, token),
      },
      ...['%', '-', '/', ':', '.', ' '],
    ),
    vscode.languages.registerHoverProvider(CELLS, {
      provideHover: (document, position) => {
        if (!kernelOf(document)) return undefined;
        const line = document.lineAt(position.line).text;
        const magic = magicAt(line, position.character, magics);
        if (!magic) return undefined;
        return new vscode.Hover(
          new vscode.MarkdownString().appendCodeblock(helpText(magic), 'text'),
        );
      },
    }),
  );
}

async function completions(
  { kernelOf, lookups }: { readonly kernelOf: KernelOfCell; readonly lookups: BoardLookups },
  document: vscode.TextDocument,
  position: vscode.Position,
  token: vscode.CancellationToken,
): Promise<vscode.CompletionItem[]> {
  const kernel = kernelOf(document);
  if (!kernel) return [];
  const stop = new AbortController();
  token.onCancellationRequested(() => stop.abort());
  const cell = parseCell(document.getText());
  const line = document.lineAt(position.line).text.slice(0, position.character);
  const where = {
    first: position.line === 0,
    ...(cell.kind === 'cellMagic' && { magic: cell.name }),
  };
  const found = await complete(line, where, {
    magics,
    boards: () => kernel.host.boards.all().map((b) => b.name),
    entries: (path) =>
      onBoard(kernel, (board) => lookups.entries(board, folderOf(kernel, path), stop.signal)),
    names: (text) => onBoard(kernel, (board) => lookups.names(board, text, stop.signal)),
  });
  return found.map(({ label, kind, detail, replaces }) => {
    const item = new vscode.CompletionItem(label, KINDS[kind]);
    item.range = new vscode.Range(position.translate(0, -replaces), position);
    if (detail !== undefined) item.detail = detail;
    return item;
  });
}

function folderOf(kernel: NotebookKernel, path: string): string {
  const base = path.startsWith('/') ? '' : (kernel.folder ?? '/').replace(/\/$/, '');
  return `${base}/${path}`.replace(/\/+/g, '/').replace(/(.)\/$/, '$1');
}

/** Asks the notebook's board. Without a board, there is nothing to offer. */
async function onBoard<T>(
  kernel: NotebookKernel,
  ask: (board: Board) => Promise<T[]>,
): Promise<T[]> {
  try {
    return await ask(kernel.board());
  } catch (error) {
    if (error instanceof FleetError) return [];
    throw error;
  }
}
