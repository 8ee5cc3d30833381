import * as vscode from 'vscode';
import type { Board } from '../../core/board';
import { UsageError } from '../../core/errors';
import { isLikely } from '../../views/activeBoard';
import { SCHEME } from '../../views/boardUris';
import type { Needs } from '../../views/context';
import { boardsOfNode, isTreeNode, keyRows, meantRows, type TreeNode } from '../../views/tree';
import { noBoard, pickBoard } from './pickOne';
import { targetOf, type AskReason, type Situation } from './rule';
import type { BoardFilter, LocalCommand, RemoteTarget } from '../types';

/** The services that most functions here use. */
type Services = Needs<'fleet' | 'active' | 'focus' | 'uris'>;

/**
 * Returns the board that a call refers to; see targetOf. Undefined: the user chose none.
 * @throws UsageError
 */
export async function resolveBoard(
  context: Services,
  which: BoardFilter,
  args: readonly unknown[],
): Promise<Board | undefined> {
  return (await resolve(context, which, args, false))?.[0];
}

/** Returns all boards that a call refers to. @throws UsageError */
export function resolveBoards(
  context: Services,
  which: BoardFilter,
  args: readonly unknown[],
): Promise<readonly Board[] | undefined> {
  return resolve(context, which, args, true);
}

async function resolve(
  context: Services,
  which: BoardFilter,
  args: readonly unknown[],
  many: boolean,
): Promise<readonly Board[] | undefined> {
  const verdict = targetOf(situation(context, args), which, many);
  switch (verdict.tag) {
    case 'boards':
      return verdict.boards;
    case 'refuse':
      throw refusal(verdict.board, which);
    case 'ambiguous':
      throw ambiguousRows();
    case 'none':
      throw verdict.missing === undefined ? noBoard(which) : awayError(verdict.missing);
    case 'ask': {
      const board = await pickBoard(context, verdict.candidates, reasonInWords(verdict.why));
      return board && [board];
    }
  }
}

function situation(context: Services, args: readonly unknown[]): Situation {
  const clicked = boardsIn(context, args);
  const rows = clicked.length > 0 ? expand(args).filter(isTreeNode) : context.focus.rows;
  return {
    clicked,
    ambiguous: meantRows(rows) === undefined,
    focused: context.focus.boards,
    active: context.active.current,
    missing: context.active.missing,
    boards: context.fleet.boards.filter(isLikely),
  };
}

function reasonInWords(why: AskReason): string {
  switch (why.tag) {
    case 'noneChosen':
      return vscode.l10n.t('Which board?');
    case 'severalSelected':
      return vscode.l10n.t(
        '{0} boards are selected, but this command works on one. Which?',
        why.count,
      );
    case 'away':
      return vscode.l10n.t('{0} is away. Use which board instead?', why.name);
    case 'notConnected':
      return vscode.l10n.t('{0} is not connected. Which board?', why.name);
  }
}

/**
 * Returns the files and folders on boards that a command acts on: what was clicked; else the tree's
 * rows or the editor's file, whichever had the focus last; else the root of the target board.
 */
export async function resolveRemote(
  context: Services,
  args: readonly unknown[],
): Promise<readonly RemoteTarget[] | undefined> {
  const given = remotesIn(context, args);
  if (given.length > 0) return given;
  const focused = [...context.focus.rows, context.focus.uri].flatMap((at) => remoteOf(context, at));
  if (focused.length > 0) return focused;
  const board = await resolveBoard(context, 'present', []);
  return board && [{ board, path: '/', type: 'dir' }];
}

/**
 * Returns rows of the tree only: those given by a menu, or those that a key refers to.
 * @throws UsageError if it is not clear whether boards or files are meant
 */
export async function resolveRows(
  context: Needs<'tree'>,
  args: readonly unknown[],
): Promise<readonly TreeNode[]> {
  const given = expand(args).filter(isTreeNode);
  const rows = meantRows(given.length > 0 ? given : await keyRows(context.tree));
  if (!rows) throw ambiguousRows();
  return rows;
}

/** Finds local files (of the Explorer, else of the active editor) and the boards they go to. */
export async function resolveLocal(
  context: Services,
  command: Pick<LocalCommand, 'which' | 'many'>,
  args: readonly unknown[],
): Promise<{ uris: readonly vscode.Uri[]; boards: readonly Board[] } | undefined> {
  const given = expand(args).filter(
    (a): a is vscode.Uri => a instanceof vscode.Uri && a.scheme !== SCHEME,
  );
  const editor = vscode.window.activeTextEditor?.document.uri;
  const uris = given.length > 0 ? given : editor && editor.scheme !== SCHEME ? [editor] : [];
  if (uris.length === 0) {
    throw new UsageError(vscode.l10n.t('No local file is open'), {
      hint: vscode.l10n.t('Open a file, or right-click one in the Explorer.'),
    });
  }
  const boards = await resolve(context, command.which, args, command.many);
  return boards && { uris, boards };
}

/**
 * Menus pass (clicked, [all selected]). Flattens the arguments, without duplicates, the clicked one
 * first.
 */
function expand(args: readonly unknown[]): unknown[] {
  const [first, second] = args;
  const many = Array.isArray(second) ? (second as unknown[]) : [];
  const others = many.filter((m) => !isSame(m, first));
  return [...new Set([first, ...others].filter((a) => a !== undefined && a !== null))];
}

function isSame(a: unknown, b: unknown): boolean {
  if (a instanceof vscode.Uri && b instanceof vscode.Uri) return a.toString() === b.toString();
  return a === b;
}

/** Returns the boards that were clicked or given, without a question. */
export function boardsIn(context: Needs<'fleet' | 'uris'>, args: readonly unknown[]): Board[] {
  return [...new Set(expand(args).flatMap((arg) => boardsOf(context, arg)))];
}

/**
 * Resolves a tree node (a group means its boards), an `mpy:` URI, a board, or a board's id, uid or
 * name (keybindings, tasks, tests).
 */
function boardsOf(context: Needs<'fleet' | 'uris'>, arg: unknown): readonly Board[] {
  const { fleet, uris } = context;
  if (isTreeNode(arg)) return boardsOfNode(arg);
  const one =
    arg instanceof vscode.Uri
      ? uris.fromUri(arg)?.board
      : typeof arg === 'string'
        ? (fleet.byId(arg) ?? fleet.byUid(arg) ?? fleet.byName(arg)[0])
        : fleet.boards.find((b) => b === arg);
  return one ? [one] : [];
}

function remotesIn(context: Needs<'uris'>, args: readonly unknown[]): RemoteTarget[] {
  return expand(args).flatMap((arg) => remoteOf(context, arg));
}

function remoteOf(context: Needs<'uris'>, arg: unknown): RemoteTarget[] {
  if (isTreeNode(arg)) return targetOfNode(arg);
  const place = arg instanceof vscode.Uri ? context.uris.fromUri(arg) : undefined;
  return place ? [place] : [];
}

function targetOfNode(node: TreeNode): RemoteTarget[] {
  if (node.kind === 'remote')
    return [{ board: node.board, path: node.path, type: node.entry.type }];
  return boardsOfNode(node).map((board) => ({ board, path: '/', type: 'dir' }));
}

/** Creates the error for boards that are selected together with files of other boards. */
export function ambiguousRows(): UsageError {
  return new UsageError(vscode.l10n.t('Boards and files of other boards are selected together'), {
    hint: vscode.l10n.t('Nothing was done. Select either boards or files.'),
  });
}

function refusal(board: Board, which: BoardFilter): UsageError {
  if (which === 'closed') {
    return new UsageError(vscode.l10n.t('{0} is already connected', board.name));
  }
  if (!board.present) return awayError(board.name);
  return new UsageError(vscode.l10n.t('{0} is not connected', board.name), {
    hint: vscode.l10n.t('Connect it first.'),
  });
}

function awayError(name: string): UsageError {
  return new UsageError(vscode.l10n.t('{0} is away', name), {
    hint: vscode.l10n.t('Plug it in or power it up; it appears automatically.'),
  });
}
