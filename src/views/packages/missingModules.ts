import * as vscode from 'vscode';
import type { Board } from '../../core/board/board';
import { missingModule, packageOf } from '../../core/packages/missingModule';
import type { ViewContext } from '../context';
import { showError } from '../showError';

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
 * A module that is not on the board: a program of the editor that fails for it offers to install it, or to upload it where
 * it is in the folder; in the board's terminal the line of the traceback is a link that does the same.
 */
export function registerMissingModules(context: ViewContext): vscode.Disposable {
  const { runs, terminals } = context;
  const failing = runs.onDidFail(({ board, error }) => {
    const missing = missingModule(`${error.type}: ${error.detail}`);
    if (!missing) return;
    offer(context, board, missing.name).catch((e: unknown) => showError(context, e));
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
        if (local) await upload(context, board, local);
        else await install(context, board, module);
      } catch (error) {
        showError(context, error);
      }
    },
  });
  return vscode.Disposable.from(links, { dispose: () => failing.dispose() });
}

async function offer(context: ViewContext, board: Board, module: string): Promise<void> {
  const local = await inWorkspace(module);
  const text = vscode.l10n.t('{0} has no module {1}.', board.name, module);
  const action = local
    ? vscode.l10n.t('Upload {0}', vscode.workspace.asRelativePath(local))
    : vscode.l10n.t('Install {0}', module);
  if ((await vscode.window.showWarningMessage(text, action)) !== action) return;
  if (local) await upload(context, board, local);
  else await install(context, board, module);
}

/** The module's file or folder where a board would look for it: at the top of a workspace folder, or in its `lib`. */
async function inWorkspace(module: string): Promise<vscode.Uri | undefined> {
  const [top = ''] = module.split('.');
  for (const pattern of [`{lib/,}${top}.py`, `{lib/,}${top}/__init__.py`]) {
    const [found] = await vscode.workspace.findFiles(pattern, undefined, 1);
    if (!found) continue;
    return pattern.endsWith('/__init__.py') ? vscode.Uri.joinPath(found, '..') : found;
  }
  return undefined;
}

/** To where it would be imported from: `lib/x.py` into `/lib`. */
async function upload(context: ViewContext, board: Board, local: vscode.Uri): Promise<void> {
  const folder = /\/lib\/[^/]+$/.test(local.path) ? '/lib' : '/';
  const node = context.tree.nodeOf(board);
  await vscode.commands.executeCommand('mpyFleet.uploadInto', node, folder, [local]);
}

/** The package of that name; where the index has none, or cannot be reached, the user looks for it. */
async function install(context: ViewContext, board: Board, module: string): Promise<void> {
  const node = context.tree.nodeOf(board);
  const entry = await context.packages.manager.search('').then(
    (entries) => packageOf(module, entries),
    () => undefined, // the picker says why
  );
  if (entry) {
    const specs = [entry.name];
    await vscode.commands.executeCommand('mpyFleet.installPackages', node, [{ specs }]);
  } else {
    await vscode.commands.executeCommand('mpyFleet.installPackage', node, { search: module });
  }
}
