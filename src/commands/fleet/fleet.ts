import * as vscode from 'vscode';
import type { CommandId } from '../../manifest';
import { UsageError } from '../../core/errors';
import { type FleetAction, FleetJob } from '../../core/many';
import { dedent } from '../../core/repl';
import type { ViewContext } from '../../views/context';
import { uploadAction } from '../../views/localFiles';
import { exportResults } from '../../views/results/resultsView';
import { nameOf } from '../../views/tree';
import { boardsOf, chooseBoards } from '../targets';
import { retryJob, startJob } from './start';
import type { Call, Command } from '../types';
import { showInputBox } from '../../views/message';
import { tryExample } from '../../views/helpful';

/**
 * Defines a command that does one action on many boards. All such commands first ask what to do,
 * then on which boards.
 */
function onMany(
  id: CommandId,
  title: () => string,
  planOf: (context: ViewContext, call: Call) => Promise<FleetAction | undefined> | FleetAction,
): Command {
  return {
    id,
    needs: 'nothing',
    run: async (context, call) => {
      const action = await planOf(context, call);
      if (!action) return;
      const given = boardsOf(context, call.args);
      const boards = given.length > 0 ? given : await chooseBoards(context, title());
      if (boards) await startJob(context, action, boards);
    },
  };
}

/** Commands for many boards. The Results view shows what they return. */
export const fleetCommands: readonly Command[] = [
  onMany('fleetRun', () => vscode.l10n.t('Run on boards'), editorCode),
  onMany('fleetRunCode', () => vscode.l10n.t('Run on boards'), typedCode),
  onMany('fleetInstall', () => vscode.l10n.t('Install on boards'), folderToInstall),
  onMany('fleetRead', () => vscode.l10n.t('Read from boards'), expression),
  {
    id: 'retryFailed',
    needs: 'nothing',
    run: async (context) => {
      const job = context.many.jobs.current;
      if (job instanceof FleetJob) await retryJob(context, job); // only the user starts a roll-out again
    },
  },
  {
    id: 'exportResults',
    needs: 'nothing',
    run: async ({ many }) => {
      if (!many.jobs.current)
        throw new UsageError(vscode.l10n.t('There are no results to export yet'));
      await exportResults(many.jobs.current);
    },
  },
];

/** Returns the selection or the whole text of the active editor, including unsaved changes. */
function editorCode(): FleetAction {
  const editor = vscode.window.activeTextEditor;
  if (!editor) {
    throw new UsageError(vscode.l10n.t('No file is open'), {
      hint: vscode.l10n.t('Open a Python file, or use "Run Code on Boards…".'),
      next: tryExample(),
    });
  }
  const { document, selection } = editor;
  const name = nameOf(document.uri.path);
  const uri = document.uri.toString();
  if (selection.isEmpty) {
    const source = { uri, line: 0 };
    return { kind: 'exec', code: document.getText(), label: name, source };
  }
  const label = vscode.l10n.t('selection of {0}', name);
  const source = { uri, line: selection.start.line };
  return { kind: 'exec', code: dedent(document.getText(selection)), label, source };
}

async function typedCode(): Promise<FleetAction | undefined> {
  const code = await showInputBox({
    title: vscode.l10n.t('Code to run on boards'),
    prompt: vscode.l10n.t('One line of Python. For more, open a file and use "Run on Boards…".'),
  });
  return code ? { kind: 'exec', code, label: code.trim().slice(0, 60) } : undefined;
}

async function expression(): Promise<FleetAction | undefined> {
  const text = await showInputBox({
    title: vscode.l10n.t('Value to read'),
    prompt: vscode.l10n.t('A Python expression; results can be compared across boards.'),
    placeHolder: "__import__('os').uname().release",
  });
  return text ? { kind: 'read', expression: text } : undefined;
}

/** Asks for a local library folder whose content becomes /lib on the boards. */
async function folderToInstall(_context: unknown, call: Call): Promise<FleetAction | undefined> {
  const [given] = call.args.flat().filter((a): a is vscode.Uri => a instanceof vscode.Uri);
  const [folder] =
    (given && [given]) ??
    (await vscode.window.showOpenDialog({
      canSelectFolders: true,
      canSelectFiles: false,
      title: vscode.l10n.t('Install which folder in /lib on the boards?'),
      openLabel: vscode.l10n.t('Install in /lib'),
    })) ??
    [];
  if (!folder) return undefined;
  return uploadAction([folder], '/lib');
}
