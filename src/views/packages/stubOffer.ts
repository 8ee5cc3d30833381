import * as vscode from 'vscode';
import { callCommand } from '../callCommand';
import { type Board, isConnected } from '../../core/board';
import { asError } from '../../core/errors';
import { Coalescer } from '../coalesce';
import type { Needs } from '../context';
import { hasPylance, setUpFor } from './stubSetup';
import { showInformationMessage } from '../message';

/** Kinds of boards for which code completion was offered here. */
const KEY = 'mpyFleet.stubsOfferedFor';

/** Milliseconds after a board has connected before anything is offered. */
const LATER_MS = 2_000;

/**
 * Offers code completion once per workspace and kind of board: when such a board is connected and
 * the workspace has Python files. It is not offered again after any answer. Another kind of board
 * (`rp2` after `esp32`) is offered separately, since its stubs differ.
 */
export function registerStubOffer(
  context: Needs<'extension' | 'log' | 'fleet'>,
): vscode.Disposable {
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
        if (!isAsking && kindOf(board) !== undefined) soon.add(true); // everything else is checked once for all changes
      }),
    ),
  );
}

/**
 * Returns a connected board of a kind that the user has not been asked about and that is not set
 * up.
 */
function unasked({ extension, fleet }: Needs<'extension' | 'fleet'>): Board | undefined {
  const asked = extension.workspaceState.get<readonly string[]>(KEY, []);
  const setUp = setUpFor(extension);
  if (setUp === '') return undefined; // set up by another tool, for an unknown kind
  const settled = setUp === undefined ? asked : [...asked, setUp];
  return fleet.boards.find((b) => {
    const kind = kindOf(b);
    return kind !== undefined && !settled.includes(kind);
  });
}

/** Returns the platform of a connected, identified board. */
function kindOf({ state, info }: Board): string | undefined {
  return isConnected(state) && info?.version !== undefined ? info.platform : undefined;
}

async function isWanted(): Promise<boolean> {
  if (!hasPylance()) return false;
  const python = await vscode.workspace.findFiles('**/*.py', '**/{node_modules,.venv}/**', 1);
  return python.length > 0;
}

async function ask({ extension }: Needs<'extension'>, board: Board): Promise<void> {
  const setUp = vscode.l10n.t('Set Up');
  const before = setUpFor(extension);
  const text =
    before === undefined
      ? vscode.l10n.t(
          'Complete and check code for {0}? This adds type stubs for its MicroPython to this folder.',
          board.name,
        )
      : vscode.l10n.t(
          'Code completion is set up for {0}, but {1} is a different kind of board ({2}). Set it up for that one?',
          before,
          board.name,
          board.info?.platform ?? '',
        );
  const answer = await showInformationMessage(text, setUp, vscode.l10n.t('No'));
  const asked = extension.workspaceState.get<readonly string[]>(KEY, []);
  await extension.workspaceState.update(KEY, [...asked, board.info?.platform]);
  if (answer === setUp) await callCommand('mpyFleet.setUpStubs', board.id);
}
