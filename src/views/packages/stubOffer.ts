import * as vscode from 'vscode';
import type { Board } from '../../core/board/board';
import { isConnected } from '../../core/board/boardState';
import { asError } from '../../core/errors';
import { Coalescer } from '../coalesce';
import type { ViewContext } from '../context';
import { hasPylance, isSetUp } from './stubSetup';

const KEY = 'mpyFleet.stubsOffered';

/** Milliseconds: a board that has just connected is left alone before anything is offered. */
const LATER_MS = 2_000;

/**
 * Offers code completion once for a workspace: when a board is connected whose kind is known, and Python files are open to
 * complete. Whatever the answer, it is not asked again.
 */
export function registerStubOffer(context: ViewContext): vscode.Disposable {
  const { extension, fleet, log } = context;
  let over = extension.workspaceState.get<boolean>(KEY) === true;
  const offer = async () => {
    const board = fleet.boards.find((b) => isConnected(b.state) && b.info?.version !== undefined);
    if (over || !board || !(await isWanted())) return;
    over = true;
    await ask(context, board);
  };
  const soon = new Coalescer<true>(LATER_MS, () => {
    offer().catch((error: unknown) => {
      log.error('Code completion could not be offered', asError(error).message);
    });
  });
  return vscode.Disposable.from(
    soon,
    vscode.Disposable.from(
      fleet.onDidChangeBoard(() => {
        if (!over) soon.add(true);
      }),
    ),
  );
}

async function isWanted(): Promise<boolean> {
  if (!hasPylance() || isSetUp()) return false;
  const python = await vscode.workspace.findFiles('**/*.py', '**/{node_modules,.venv}/**', 1);
  return python.length > 0;
}

async function ask({ extension }: ViewContext, board: Board): Promise<void> {
  const setUp = vscode.l10n.t('Set Up');
  const text = vscode.l10n.t(
    'Complete and check MicroPython code as {0} has it? Type stubs for it are put into this folder.',
    board.name,
  );
  const answer = await vscode.window.showInformationMessage(text, setUp, vscode.l10n.t('No'));
  await extension.workspaceState.update(KEY, true);
  if (answer === setUp) await vscode.commands.executeCommand('mpyFleet.setUpStubs', board.id);
}
