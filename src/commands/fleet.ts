import * as vscode from 'vscode';
import type { Board } from '../core/board/board';
import { UsageError } from '../core/errors';
import type { FleetAction } from '../core/many/fleetActions';
import { dedent } from '../core/repl/runCode';
import type { ViewContext } from '../views/context';
import { collectLocal, filesInWords } from '../views/localFiles';
import { exportResults } from '../views/results/resultsView';
import { nameOf } from '../views/tree/nodes';
import { chooseBoards } from './fleetChoose';
import { startJob } from './fleetStart';
import { boardsOf } from './fleetTargets';
import type { Call, Command } from './types';

/** A command that does one action on many boards. */
function onMany(
  id: string,
  title: () => string,
  actionOf: (context: ViewContext, call: Call) => Promise<FleetAction | undefined> | FleetAction,
): Command {
  return {
    id,
    needs: 'nothing',
    run: async (context, call) => {
      const action = await actionOf(context, call);
      if (!action) return;
      const given = boardsOf(context, call.args);
      const boards = given.length > 0 ? given : await chooseBoards(context, title());
      if (boards) await startJob(context, action, boards);
    },
  };
}

/** Verbs for many boards; results come in the Results view. */
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
    run: async ({ many }) => {
      if (many.jobs.current) await many.jobs.retry(many.jobs.current);
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

/** The selection, or the whole of the active editor as it is now, saved or not. */
function editorCode(): FleetAction {
  const editor = vscode.window.activeTextEditor;
  if (!editor) {
    throw new UsageError(vscode.l10n.t('No file is open'), {
      hint: vscode.l10n.t('Open a Python file, or use "Run Code on Boards…".'),
    });
  }
  const { document, selection } = editor;
  const name = nameOf(document.uri.path);
  if (selection.isEmpty) return { kind: 'exec', code: document.getText(), label: name };
  const label = vscode.l10n.t('selection of {0}', name);
  return { kind: 'exec', code: dedent(document.getText(selection)), label };
}

async function typedCode(): Promise<FleetAction | undefined> {
  const code = await vscode.window.showInputBox({
    title: vscode.l10n.t('Code to run on boards'),
    prompt: vscode.l10n.t('One line of Python. For more, open a file and use "Run on Boards…".'),
    ignoreFocusOut: true,
  });
  return code ? { kind: 'exec', code, label: vscode.l10n.t('one line') } : undefined;
}

async function expression(): Promise<FleetAction | undefined> {
  const text = await vscode.window.showInputBox({
    title: vscode.l10n.t('Value to read'),
    prompt: vscode.l10n.t('A Python expression; the answers can be compared board by board.'),
    placeHolder: "__import__('os').uname().release",
    ignoreFocusOut: true,
  });
  return text ? { kind: 'read', expression: text } : undefined;
}

/** What was clicked in the Explorer, or what the user chooses. */
async function filesToUpload(call: Call): Promise<FleetAction | undefined> {
  const given = call.args
    .flat()
    .filter((a): a is vscode.Uri => a instanceof vscode.Uri && a.scheme !== 'mpy');
  const uris =
    given.length > 0
      ? [...new Map(given.map((u) => [u.toString(), u])).values()]
      : await vscode.window.showOpenDialog({
          canSelectMany: true,
          openLabel: vscode.l10n.t('Upload'),
        });
  if (!uris) return undefined;
  const folder = await vscode.window.showInputBox({
    title: vscode.l10n.t('Upload to which folder of the boards?'),
    value: '/',
    ignoreFocusOut: true,
    validateInput: (text) =>
      text.startsWith('/') ? undefined : vscode.l10n.t('Begin with "/", the root of the board.'),
  });
  if (folder === undefined) return undefined;
  return upload(uris, folder.replace(/\/+$/, '') || '/');
}

/** A folder whose content becomes /lib of the boards: a library that is kept on this computer. */
async function folderToInstall(
  _context: ViewContext,
  call: Call,
): Promise<FleetAction | undefined> {
  const [given] = call.args.flat().filter((a): a is vscode.Uri => a instanceof vscode.Uri);
  const [folder] =
    (given && [given]) ??
    (await vscode.window.showOpenDialog({
      canSelectFolders: true,
      canSelectFiles: false,
      openLabel: vscode.l10n.t('Install in /lib'),
    })) ??
    [];
  if (!folder) return undefined;
  return upload([folder], '/lib');
}

async function upload(uris: readonly vscode.Uri[], folder: string): Promise<FleetAction> {
  const { files } = await collectLocal(uris, folder);
  if (files.length === 0)
    throw new UsageError(vscode.l10n.t('There is no file in what was chosen'));
  const contents = await Promise.all(
    files.map(async ({ local, path }) => ({
      path,
      content: await vscode.workspace.fs.readFile(local),
    })),
  );
  return { kind: 'upload', files: contents, label: filesInWords(files) };
}

/** New names by a pattern: `{n}` is the number, `{n:2}` with two digits, `{platform}` and `{name}` what they say. */
async function rename(context: ViewContext, boards: readonly Board[]): Promise<void> {
  const pattern = await vscode.window.showInputBox({
    title: vscode.l10n.t('New names for {0} boards', boards.length),
    prompt: vscode.l10n.t(
      '{n} is the number, {n:2} with two digits, {platform} and {name} what they say.',
    ),
    value: '{platform}-{n:2}',
    ignoreFocusOut: true,
  });
  if (!pattern) return;
  const names = boards.map((board, i) => newName(pattern, board, i + 1));
  if (new Set(names).size < names.length) {
    throw new UsageError(
      vscode.l10n.t('This gives several boards the same name: {0}', names.join(', ')),
      {
        hint: vscode.l10n.t('Put {n} into the pattern.'),
      },
    );
  }
  for (const [i, board] of boards.entries()) {
    if (!board.uid) await board.refreshInfo();
    context.fleet.rename(board, names[i] ?? board.name);
  }
}

function newName(pattern: string, board: Board, n: number): string {
  return pattern
    .replace(/\{n(?::(\d))?\}/g, (_, width?: string) => String(n).padStart(Number(width ?? 1), '0'))
    .replaceAll('{platform}', board.info?.platform ?? 'board')
    .replaceAll('{name}', board.name);
}
