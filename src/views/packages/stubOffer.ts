import * as vscode from 'vscode';
import type { Board } from '../../core/board/board';
import { isConnected } from '../../core/board/boardState';
import { asError } from '../../core/errors';
import { Coalescer } from '../coalesce';
import type { ViewContext } from '../context';
import { hasPylance, setUpFor } from './stubSetup';

/** Kinds of boards for which it was offered here. */
const KEY = 'mpyFleet.stubsOfferedFor';

/** Milliseconds: a board that has just connected is left alone before anything is offered. */
const LATER_MS = 2_000;

/**
 * Offers code completion once for a workspace and a kind of board: when such a board is connected, and Python files are
 * there to complete. Whatever the answer, it is not asked again; another kind of board (`rp2` after `esp32`) is another
 * question, since what was set up does not fit it.
 */
export function registerStubOffer(context: ViewContext): vscode.Disposable {
  const { fleet, log } = context;
  let isAsking = false;
  const offer = async () => {
    const board = isAsking ? undefined : unasked(context);
    if (!board || !(await isWanted())) return;
    isAsking = true;
    try {
      await ask(context, board);
    } finally {
      isAsking = false;
    }
  };
  const soon = new Coalescer<true>(LATER_MS, () => {
    offer().catch((error: unknown) => {
      log.error('Code completion could not be offered', asError(error).message);
    });
  });
  return vscode.Disposable.from(
    soon,
    vscode.Disposable.from(
      fleet.onDidChangeBoard((board) => {
        if (!isAsking && kindOf(board) !== undefined) soon.add(true); // the rest is looked at once for all that change
      }),
    ),
  );
}

/** A board that is connected, whose kind nobody was asked about and nothing is set up for. */
function unasked({ extension, fleet }: ViewContext): Board | undefined {
  const asked = extension.workspaceState.get<readonly string[]>(KEY, []);
  const setUp = setUpFor(extension);
  if (setUp === '') return undefined; // by somebody else, for a kind that is not known here
  const settled = setUp === undefined ? asked : [...asked, setUp];
  return fleet.boards.find((b) => {
    const kind = kindOf(b);
    return kind !== undefined && !settled.includes(kind);
  });
}

/** Its platform, of a board that is connected and has said what it is. */
function kindOf({ state, info }: Board): string | undefined {
  return isConnected(state) && info?.version !== undefined ? info.platform : undefined;
}

async function isWanted(): Promise<boolean> {
  if (!hasPylance()) return false;
  const python = await vscode.workspace.findFiles('**/*.py', '**/{node_modules,.venv}/**', 1);
  return python.length > 0;
}

async function ask({ extension }: ViewContext, board: Board): Promise<void> {
  const setUp = vscode.l10n.t('Set Up');
  const before = setUpFor(extension);
  const text =
    before === undefined
      ? vscode.l10n.t(
          'Complete and check MicroPython code as {0} has it? Type stubs for it are put into this folder.',
          board.name,
        )
      : vscode.l10n.t(
          'Code completion is set up for {0}, but {1} is of another kind ({2}). Set it up for that?',
          before,
          board.name,
          board.info?.platform ?? '',
        );
  const answer = await vscode.window.showInformationMessage(text, setUp, vscode.l10n.t('No'));
  const asked = extension.workspaceState.get<readonly string[]>(KEY, []);
  await extension.workspaceState.update(KEY, [...asked, board.info?.platform]);
  if (answer === setUp) await vscode.commands.executeCommand('mpyFleet.setUpStubs', board.id);
}
