import * as vscode from 'vscode';
import { asError, UsageError } from '../../core/errors';
import { dedent, runFileCode } from '../../core/repl';
import type { Board } from '../../core/board';
import type { Needs } from '../../views/context';
import type { Run } from '../../views/runs';
import { nameOf } from '../../views/tree';
import { resolveBoard } from '../targets';
import type { Command } from '../types';
import { tryExample } from '../../views/helpful';

/** Commands that run code and show its output as it arrives. */
export const runCommands: readonly Command[] = [
  {
    id: 'runFile',
    needs: 'nothing',
    run: async (context, { args, signal }) => {
      const document = await documentToRun(args[0]);
      const board = await boardFor(context, document.uri, args);
      if (!board) return;
      const source = { uri: document.uri, line: 0 };
      const name = nameOf(document.uri.path);
      await run(context, { board, code: document.getText(), name, source }, signal);
    },
  },
  {
    id: 'runSelection',
    needs: 'nothing',
    run: async (context, { signal }) => {
      const editor = vscode.window.activeTextEditor;
      if (!editor) throw noEditor();
      const { document } = editor;
      const board = await boardFor(context, document.uri, []);
      if (!board) return;
      const range = wholeLines(editor);
      await run(
        context,
        {
          board,
          code: dedent(document.getText(range)),
          name: vscode.l10n.t('selection of {0}', nameOf(document.uri.path)),
          source: { uri: document.uri, line: range.start.line },
        },
        signal,
      );
    },
  },
  {
    id: 'runOnBoard',
    needs: 'remote',
    run: async (context, [target], { signal }) => {
      if (!target) return;
      const { board, path } = target;
      await run(context, { board, code: runFileCode(path), name: nameOf(path) }, signal);
    },
  },
  {
    id: 'stop',
    needs: 'nothing',
    run: async ({ runs, active }) => {
      const boards = runs.boards.length > 0 ? runs.boards : [active.current].filter((b) => !!b);
      await Promise.all(boards.map((board) => board.interrupt()));
    },
  },
];

async function run(
  context: Needs<'fileChanges' | 'runs'>,
  what: Run,
  signal: AbortSignal,
): Promise<void> {
  try {
    await context.runs.run(what, signal);
  } finally {
    context.fileChanges.changed(what.board, '/');
  }
}

/** Returns the clicked file, else the active editor's, including unsaved changes. */
async function documentToRun(arg: unknown): Promise<vscode.TextDocument> {
  const uri = arg instanceof vscode.Uri ? arg : openFile();
  if (!uri) throw noEditor();
  try {
    return await vscode.workspace.openTextDocument(uri);
  } catch (cause) {
    const reason = asError(cause).message;
    throw new UsageError(vscode.l10n.t('{0} cannot be run: {1}', nameOf(uri.path), reason), {
      cause,
    });
  }
}

/** Returns the file of the active editor. While an editor opens, only its tab names the file. */
function openFile(): vscode.Uri | undefined {
  const tab = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
  const opening = tab instanceof vscode.TabInputText ? tab.uri : undefined;
  return vscode.window.activeTextEditor?.document.uri ?? opening;
}

async function boardFor(
  context: Needs<'fleet' | 'active' | 'focus' | 'uris'>,
  uri: vscode.Uri,
  args: readonly unknown[],
): Promise<Board | undefined> {
  return context.uris.fromUri(uri)?.board ?? resolveBoard(context, 'present', args.slice(1));
}

/**
 * Returns whole lines: those of the selection if it spans several, otherwise the line of the
 * cursor.
 */
function wholeLines({ document, selection }: vscode.TextEditor): vscode.Range {
  if (!selection.isEmpty && selection.isSingleLine) return selection;
  const end =
    selection.end.character === 0 && !selection.isEmpty
      ? selection.end.line - 1
      : selection.end.line;
  return new vscode.Range(selection.start.line, 0, end, document.lineAt(end).text.length);
}

function noEditor(): UsageError {
  return new UsageError(vscode.l10n.t('No file is open'), {
    hint: vscode.l10n.t('Open a Python file and run it again.'),
    next: tryExample(),
  });
}
