import * as vscode from 'vscode';
import type { Board } from '../core/board/board';
import { UsageError } from '../core/errors';
import { isLikely } from '../views/activeBoard';
import { SCHEME } from '../views/boardUris';
import type { ViewContext } from '../views/context';
import { boardsOfNode, isTreeNode, type TreeNode } from '../views/tree/nodes';
import { pickBoard, pickBoards } from './pickBoards';
import type { BoardFilter, LocalCommand, RemoteTarget } from './types';

/** Whether a command may work on `board`. */
export function fits(board: Board, which: BoardFilter): boolean {
  switch (which) {
    case 'any':
      return true;
    case 'present':
      return board.present;
    case 'open':
      return board.transport !== undefined;
    case 'closed':
      return board.present && !board.transport;
  }
}

/** The board that a call means: what it was called on, the active editor's, the active one, or the user's choice. */
export async function resolveBoard(
  context: ViewContext,
  which: BoardFilter,
  args: readonly unknown[],
): Promise<Board | undefined> {
  const [named] = boardsIn(context, args);
  if (named) return refuse(named, which);
  const usual = editorBoard(context) ?? context.active.current;
  if (usual && fits(usual, which)) return usual;
  const candidates = candidatesFor(context, which);
  const [only] = candidates;
  return only && candidates.length === 1 ? only : pickBoard(context, candidates, which);
}

/** The same for many: what is selected in the tree, or the user's choice (the active board is ticked). */
export async function resolveBoards(
  context: ViewContext,
  which: BoardFilter,
  args: readonly unknown[],
): Promise<readonly Board[] | undefined> {
  const named = boardsIn(context, args);
  if (named.length > 0) {
    const fitting = named.filter((b) => fits(b, which));
    if (fitting.length === 0 && named[0]) refuse(named[0], which);
    return fitting;
  }
  const candidates = candidatesFor(context, which);
  const [only] = candidates;
  return only && candidates.length === 1 ? [only] : pickBoards(context, candidates, which);
}

/** Files and folders on boards that a call means. */
export async function resolveRemote(
  context: ViewContext,
  args: readonly unknown[],
): Promise<readonly RemoteTarget[] | undefined> {
  const given = remotesIn(context, args);
  if (given.length > 0) return given;
  const selected = context.tree.selection.flatMap((node) => remoteOf(context, node));
  const [editor] = remoteOf(context, vscode.window.activeTextEditor?.document.uri);
  if (editor) return [editor];
  if (selected.length > 0) return selected;
  const board = await resolveBoard(context, 'present', []);
  return board && [{ board, path: '/', type: 'dir' }];
}

/** Local files (of the Explorer, else of the active editor) and the boards they go to. */
export async function resolveLocal(
  context: ViewContext,
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
  if (!command.many) {
    const board = await resolveBoard(context, command.which, args);
    return board && { uris, boards: [board] };
  }
  const active = context.active.current;
  const named = boardsIn(context, args);
  const boards =
    named.length === 0 && active && fits(active, command.which)
      ? [active]
      : await resolveBoards(context, command.which, args);
  return boards && { uris, boards };
}

/** Menus give (clicked, [all selected]); everything that was given, flat and without doubles. */
function expand(args: readonly unknown[]): unknown[] {
  const [first, second] = args;
  const many = Array.isArray(second) ? (second as unknown[]) : [];
  const all = many.includes(first) || sameUri(first, many) ? many : [first, ...many];
  return [...new Set(all.filter((a) => a !== undefined && a !== null))];
}

function sameUri(first: unknown, many: readonly unknown[]): boolean {
  return (
    first instanceof vscode.Uri &&
    many.some((m) => m instanceof vscode.Uri && m.toString() === first.toString())
  );
}

function boardsIn(context: ViewContext, args: readonly unknown[]): Board[] {
  return [...new Set(expand(args).flatMap((arg) => boardsOf(context, arg)))];
}

/** A node of the tree (a group stands for its boards), an `mpy:` URI, a board, or its id, uid or name (keybindings, tasks, tests). */
function boardsOf(context: ViewContext, arg: unknown): readonly Board[] {
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

function remotesIn(context: ViewContext, args: readonly unknown[]): RemoteTarget[] {
  return expand(args).flatMap((arg) => remoteOf(context, arg));
}

function remoteOf(context: ViewContext, arg: unknown): RemoteTarget[] {
  if (isTreeNode(arg)) return targetOfNode(arg);
  const place = arg instanceof vscode.Uri ? context.uris.fromUri(arg) : undefined;
  return place ? [place] : [];
}

function targetOfNode(node: TreeNode): RemoteTarget[] {
  if (node.kind === 'remote')
    return [{ board: node.board, path: node.path, type: node.entry.type }];
  return boardsOfNode(node).map((board) => ({ board, path: '/', type: 'dir' }));
}

function editorBoard(context: ViewContext): Board | undefined {
  const uri = vscode.window.activeTextEditor?.document.uri;
  return uri && context.uris.fromUri(uri)?.board;
}

function candidatesFor(context: ViewContext, which: BoardFilter): Board[] {
  return context.fleet.boards.filter((b) => isLikely(b) && fits(b, which));
}

/** @throws UsageError in words when `board` cannot be worked on */
function refuse(board: Board, which: BoardFilter): Board {
  if (fits(board, which)) return board;
  if (which === 'closed') {
    throw new UsageError(vscode.l10n.t('{0} is connected already', board.name));
  }
  if (!board.present) {
    throw new UsageError(vscode.l10n.t('{0} is not there', board.name), {
      hint: vscode.l10n.t('Plug it in or power it up; it appears by itself.'),
    });
  }
  throw new UsageError(vscode.l10n.t('{0} is not connected', board.name), {
    hint: vscode.l10n.t('Connect it first.'),
  });
}
