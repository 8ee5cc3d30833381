import * as vscode from 'vscode';
import type { Board } from '../../core/board';
import {
  forEachBoard,
  namesPreview,
  numberingOrder,
  patternNames,
  sharedName,
} from '../../core/many';
import type { Needs } from '../../views/context';
import { showInputBox } from '../../views/message';
import { tellBoards } from '../fleet';
import { summarise } from '../summary';
import type { Call } from '../types';

/** Asks for a board's name, or for a pattern for the names of several, and renames them. */
export async function rename(
  context: Needs<'fleet' | 'log' | 'tree' | 'brokers' | 'history'>,
  given: readonly Board[],
  { signal }: Pick<Call, 'signal'>,
): Promise<void> {
  const { fleet } = context;
  const [only, second] = given;
  const named = only && !second ? await askName(context, only) : await askPattern(context, given);
  if (!named) return;
  const boards = [...named.keys()];
  const known = boards.filter((board) => board.uid !== undefined);
  for (const board of known) fleet.rename(board, named.get(board) ?? board.name);
  // A name belongs to a board's unique id. A board that runs a program is asked for it after a question, and no other waits for that.
  const work = vscode.l10n.t('Renaming');
  const outcomes = await forEachBoard(
    boards.filter((board) => !known.includes(board)),
    async (board, own) => {
      await board.refreshInfo({ signal: own, job: work });
      fleet.rename(board, named.get(board) ?? board.name);
    },
    { signal },
  );
  const asked = outcomes.filter((outcome) => outcome.status === 'ok').map(({ board }) => board);
  await tellBoards(context, [...known, ...asked], ({ name }) => ({ name }), signal);
  summarise(context, outcomes, work, 'mpyFleet.rename');
}

type Names = ReadonlyMap<Board, string>;

async function askName({ fleet }: Needs<'fleet'>, board: Board): Promise<Names | undefined> {
  const others = fleet.boards.filter((b) => b !== board).map((b) => b.name);
  const isFar = board.links.some((l) => l.found.address.kind === 'mqtt');
  const name = await showInputBox({
    title: vscode.l10n.t('Name for {0}', board.name),
    value: board.name,
    prompt: isFar
      ? vscode.l10n.t('Stored on this computer and, by its agent, on the board.')
      : vscode.l10n.t('Shown only on this computer; the board itself does not change.'),
    validateInput: (text) => {
      if (text.trim() === '') return vscode.l10n.t('A name needs at least one character.');
      if (!others.includes(text.trim())) return undefined;
      const message = vscode.l10n.t('Another board has this name; commands by name reach both.');
      return { message, severity: vscode.InputBoxValidationSeverity.Warning };
    },
  });
  return name === undefined ? undefined : new Map([[board, name.trim()]]);
}

/** Previews the names. Numbers follow the order in which the boards were plugged in. */
async function askPattern(
  { fleet }: Needs<'fleet'>,
  given: readonly Board[],
): Promise<Names | undefined> {
  const nameable = numberingOrder(
    fleet.boards
      .filter((b) => given.includes(b))
      .map((board) => ({ board, name: board.name, platform: board.info?.platform })),
  );
  const boards = nameable.map(({ board }) => board);
  const others = fleet.boards.filter((b) => !boards.includes(b)).map((b) => b.name);
  const pattern = await showInputBox({
    title: vscode.l10n.t('New names for {0} boards', boards.length),
    prompt: vscode.l10n.t(
      '{n} is the number, {n:2} the number with two digits, {platform} the kind of board, {name} its current name.',
    ),
    value: '{platform}-{n:2}',
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
  if (!pattern) return undefined;
  const names = patternNames(pattern, nameable);
  return new Map(boards.map((board, i) => [board, names[i] ?? board.name]));
}
