import * as vscode from 'vscode';
import type { CommandName } from '../../manifest';
import { callCommand } from '../callCommand';
import type { Board } from '../../core/board';
import { missingModule, packageOf } from '../../core/packages';
import type { Needs } from '../context';
import type { Run } from '../runs';
import { showError } from '../showError';
import { showWarningMessage } from '../message';

class ModuleLink extends vscode.TerminalLink {
  constructor(
    match: { readonly index: number; readonly length: number },
    readonly board: Board,
    readonly module: string,
  ) {
    super(match.index, match.length, vscode.l10n.t('Install {0} on {1}', module, board.name));
  }
}

/**
 * Offers help when a program fails because a module is missing on the board: to install it, or to
 * upload it if it is in the folder. In the board's terminal, the line of the traceback becomes a
 * link that does the same.
 */
export function registerMissingModules(
  context: Needs<'log' | 'tree' | 'terminals' | 'runs' | 'packages'>,
): vscode.Disposable {
  const { runs, terminals } = context;
  const failing = runs.onDidFail(({ run, error }) => {
    const missing = missingModule(`${error.type}: ${error.detail}`);
    if (!missing) return;
    offer(context, run, missing.name).catch((e: unknown) => showError(context, e));
  });
  const links = vscode.window.registerTerminalLinkProvider({
    provideTerminalLinks({ terminal, line }): ModuleLink[] {
      const board = terminals.boardOf(terminal);
      const missing = missingModule(line);
      return board && missing ? [new ModuleLink(missing, board, missing.name)] : [];
    },
    handleTerminalLink: async ({ board, module }: ModuleLink) => {
      try {
        const local = await inWorkspace(module);
        await (local ? upload(context, board, local) : install(context, board, module));
      } catch (error) {
        showError(context, error);
      }
    },
  });
  return vscode.Disposable.from(links, { dispose: () => failing.dispose() });
}

/** Offers to put the module on the board, and runs the program again once it is installed. */
async function offer(
  context: Needs<'tree' | 'runs' | 'packages'>,
  run: Run,
  module: string,
): Promise<void> {
  const { board } = run;
  const local = await inWorkspace(module);
  const text = vscode.l10n.t('{0} has no module {1}.', board.name, module);
  const action = local
    ? vscode.l10n.t('Upload {0} and Run Again', vscode.workspace.asRelativePath(local))
    : vscode.l10n.t('Install {0} and Run Again', module);
  if ((await showWarningMessage(text, action)) !== action) return;
  const done = await (local ? upload(context, board, local) : install(context, board, module));
  if (done) await context.runs.run(run);
}

/** Finds the module's file or folder at the paths that a board would search: the top of a workspace folder, or its `lib`. */
async function inWorkspace(module: string): Promise<vscode.Uri | undefined> {
  const [top = ''] = module.split('.');
  for (const pattern of [`{lib/,}${top}.py`, `{lib/,}${top}/__init__.py`]) {
    const [found] = await vscode.workspace.findFiles(pattern, undefined, 1);
    if (!found) continue;
    return pattern.endsWith('/__init__.py') ? vscode.Uri.joinPath(found, '..') : found;
  }
  return undefined;
}

/**
 * Uploads the module to the place from which it is imported: `lib/x.py` into `/lib`.
 * @returns whether it is installed now
 */
async function upload(context: Needs<'tree'>, board: Board, local: vscode.Uri): Promise<boolean> {
  const { home, lib } = await board.files.places();
  const folder = /\/lib\/[^/]+$/.test(local.path) ? lib : home;
  const node = context.tree.nodeOf(board);
  return isDone('mpyFleet.uploadInto', node, folder, [local]);
}

/** Runs one of the extension's commands and returns whether it succeeded. The command reports its own failures. */
async function isDone(command: CommandName, ...args: unknown[]): Promise<boolean> {
  return (await callCommand(command, ...args)) === true;
}

/**
 * Installs the package with that name; if the index has none or cannot be reached, the user
 * searches.
 * @returns whether it is installed now
 */
async function install(
  context: Needs<'tree' | 'packages'>,
  board: Board,
  module: string,
): Promise<boolean> {
  const node = context.tree.nodeOf(board);
  const entry = await context.packages.manager.search('').then(
    (entries) => packageOf(module, entries),
    () => undefined, // the picker shows the reason
  );
  if (entry) {
    const specs = [entry.name];
    return isDone('mpyFleet.installPackages', node, [{ specs }]);
  }
  return isDone('mpyFleet.installPackage', node, { search: module });
}
