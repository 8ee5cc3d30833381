import * as vscode from 'vscode';
import type { CommandId } from '../../manifest';
import type { Board } from '../../core/board';
import { UsageError } from '../../core/errors';
import {
  type FleetAction,
  FleetJob,
  namesPreview,
  numberingOrder,
  patternNames,
  sharedName,
} from '../../core/many';
import { dedent } from '../../core/repl';
import type { Needs, ViewContext } from '../../views/context';
import { readLocal, filesInWords } from '../../views/localFiles';
import { exportResults } from '../../views/results/resultsView';
import { nameOf } from '../../views/tree';
import { boardsOf, chooseBoards } from '../targets';
import { retryJob, startJob } from './start';
import { tellBoards } from './tellBoards';
import type { Call, Command } from '../types';
import { showInputBox } from '../../views/message';
import { tryExample } from '../../views/helpful';

/** An action, or a function that asks for its details once the boards are known. */
type Planned = FleetAction | (() => Promise<FleetAction | undefined>);

/**
 * A command that does one action on many boards. All such commands ask in the same order: what, on
 * which boards, how.
 */
function onMany(
  id: CommandId,
  title: () => string,
  planOf: (context: ViewContext, call: Call) => Promise<Planned | undefined> | Planned,
): Command {
  return {
    id,
    needs: 'nothing',
    run: async (context, call) => {
      const plan = await planOf(context, call);
      if (!plan) return;
      const given = boardsOf(context, call.args);
      const boards = given.length > 0 ? given : await chooseBoards(context, title());
      if (!boards) return;
      const action = typeof plan === 'function' ? await plan() : plan;
      if (action) await startJob(context, action, boards);
    },
  };
}

/** Commands for many boards. The Results view shows what they return. */
export const fleetCommands: readonly Command[] = [
  onMany('fleetRun', () => vscode.l10n.t('Run on boards'), editorCode),
  onMany('fleetRunCode', () => vscode.l10n.t('Run on boards'), typedCode),
  onMany(
    'fleetUpload',
    () => vscode.l10n.t('Upload to boards'),
    (_context, call) => filesToUpload(call),
  ),
  onMany('fleetInstall', () => vscode.l10n.t('Install on boards'), folderToInstall),
  onMany('fleetRead', () => vscode.l10n.t('Read from boards'), expression),
  onMany(
    'fleetSoftReset',
    () => vscode.l10n.t('Soft reset'),
    () => ({ kind: 'reset', mode: 'soft' }),
  ),
  onMany(
    'fleetHardReset',
    () => vscode.l10n.t('Hard reset'),
    () => ({ kind: 'reset', mode: 'hard' }),
  ),
  onMany(
    'fleetSetClock',
    () => vscode.l10n.t('Set the clock'),
    () => ({ kind: 'setClock' }),
  ),
  {
    id: 'fleetRename',
    needs: 'nothing',
    run: async (context, { args }) => {
      const given = boardsOf(context, args);
      const boards =
        given.length > 0 ? given : await chooseBoards(context, vscode.l10n.t('Rename boards'));
      if (boards) await rename(context, boards);
    },
  },
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
    ignoreFocusOut: true,
  });
  return code ? { kind: 'exec', code, label: code.trim().slice(0, 60) } : undefined;
}

async function expression(): Promise<FleetAction | undefined> {
  const text = await showInputBox({
    title: vscode.l10n.t('Value to read'),
    prompt: vscode.l10n.t('A Python expression; results can be compared across boards.'),
    placeHolder: "__import__('os').uname().release",
    ignoreFocusOut: true,
  });
  return text ? { kind: 'read', expression: text } : undefined;
}

/** Returns the files clicked in the Explorer, or asks for files. */
async function filesToUpload(call: Call): Promise<Planned | undefined> {
  const editor = vscode.window.activeTextEditor?.document.uri;
  const given = call.args
    .flat()
    .filter((a): a is vscode.Uri => a instanceof vscode.Uri && a.scheme !== 'mpy');
  const uris =
    given.length > 0
      ? [...new Map(given.map((u) => [u.toString(), u])).values()]
      : await vscode.window.showOpenDialog({
          canSelectMany: true,
          ...(editor?.scheme === 'file' && { defaultUri: editor }),
          title: vscode.l10n.t('Upload which files to the boards?'),
          openLabel: vscode.l10n.t('Upload'),
        });
  return uris && (() => uploadTo(uris));
}

async function uploadTo(uris: readonly vscode.Uri[]): Promise<FleetAction | undefined> {
  const folder = await showInputBox({
    title: vscode.l10n.t('Upload to which folder on the boards?'),
    value: '/',
    ignoreFocusOut: true,
    validateInput: (text) =>
      text.startsWith('/') ? undefined : vscode.l10n.t('Start with "/", the root of the board.'),
  });
  if (folder === undefined) return undefined;
  return upload(uris, folder.replace(/\/+$/, '') || '/');
}

/** Asks for a local library folder whose content becomes /lib on the boards. */
async function folderToInstall(_context: unknown, call: Call): Promise<FleetAction | undefined> {
  const [given] = call.args.flat().filter((a): a is vscode.Uri => a instanceof vscode.Uri);
  const [folder] =
    (given && [given]) ??
    (await vscode.window.showOpenDialog({
      canSelectFolders: true,
      canSelectFiles: false,
      title: vscode.l10n.t('Install which folder in /lib of the boards?'),
      openLabel: vscode.l10n.t('Install in /lib'),
    })) ??
    [];
  if (!folder) return undefined;
  return upload([folder], '/lib');
}

async function upload(uris: readonly vscode.Uri[], folder: string): Promise<FleetAction> {
  const plan = await readLocal(uris, folder);
  return { kind: 'upload', ...plan, label: filesInWords(plan.files) };
}

/**
 * Asks for a pattern for new names and previews them. Numbers follow the order in which the boards
 * were plugged in.
 */
async function rename(
  context: Needs<'fleet' | 'brokers' | 'history'>,
  given: readonly Board[],
): Promise<void> {
  const { fleet } = context;
  const nameable = numberingOrder(
    fleet.boards
      .filter((b) => given.includes(b))
      .map((board) => ({ board, name: board.name, platform: board.info?.platform })),
  );
  const boards = nameable.map(({ board }) => board);
  const others = fleet.boards.filter((b) => !boards.includes(b)).map((b) => b.name);
  const pattern = await showInputBox({
    title:
      boards.length === 1
        ? vscode.l10n.t('New name for {0}', boards[0]?.name ?? '')
        : vscode.l10n.t('New names for {0} boards', boards.length),
    prompt: vscode.l10n.t(
      '{n} is the number, {n:2} the number with two digits, {platform} the kind of board, {name} its current name.',
    ),
    value: '{platform}-{n:2}',
    ignoreFocusOut: true,
    validateInput: (text) => {
      if (text.trim() === '') return vscode.l10n.t('A name needs at least one character.');
      const names = patternNames(text, nameable);
      const shared = sharedName(names, others);
      if (shared !== undefined) {
        return vscode.l10n.t('Two boards would be named {0}. Add {n} to the pattern.', shared);
      }
      return { message: namesPreview(names), severity: vscode.InputBoxValidationSeverity.Info };
    },
  });
  if (!pattern) return;
  const names = patternNames(pattern, nameable);
  for (const [i, board] of boards.entries()) {
    if (!board.uid) await board.refreshInfo();
    fleet.rename(board, names[i] ?? board.name);
  }
  await tellBoards(context, boards, (board) => ({ name: board.name }));
}
