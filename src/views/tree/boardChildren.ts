import * as vscode from 'vscode';
import { type Board, bytesText } from '../../core/board';
import { asError, CancelledError, ProgramRunningError } from '../../core/errors';
import type { FolderListings } from './folderListings';
import type { NoteNode, TreeNode } from './nodes';

/** Returns the rows below a board: its links if it has several, its files, and the free space. */
export async function boardChildren(board: Board, listings: FolderListings): Promise<TreeNode[]> {
  const links: TreeNode[] =
    board.links.length > 1 ? board.links.map((link) => ({ kind: 'link', board, link })) : [];
  if (!board.transport && board.state.tag !== 'online') return links;
  const files = await folderChildren(board, '/', listings);
  return [...links, ...files, ...(await space(board, listings))];
}

/** Returns the content of a folder, or a line with the reason why it cannot be shown. A running program is not stopped for it. */
export async function folderChildren(
  board: Board,
  path: string,
  listings: FolderListings,
): Promise<TreeNode[]> {
  const besides = board.transport?.can.besideProgram ?? true;
  if (board.state.tag === 'running' && !besides && !listings.has(board, path)) {
    return [stopToSee(board)];
  }
  try {
    return await listings.list(board, path);
  } catch (error) {
    if (error instanceof ProgramRunningError) return [stopToSee(board)];
    if (error instanceof CancelledError) return [];
    return [failed(board, asError(error))];
  }
}

function stopToSee(board: Board): NoteNode {
  return {
    kind: 'note',
    board,
    label: vscode.l10n.t('Stop to see the files'),
    description: vscode.l10n.t('a program is running'),
    tooltip: vscode.l10n.t(
      'A program is running on {0}. Listing the files needs the prompt, so a click here stops the program.',
      board.name,
    ),
    icon: 'debug-stop',
    command: 'mpyFleet.stopToSeeFiles',
  };
}

function failed(board: Board, error: Error): NoteNode {
  return {
    kind: 'note',
    board,
    label: vscode.l10n.t('The files could not be read'),
    description: vscode.l10n.t('click to try again'),
    tooltip: error.message,
    icon: 'warning',
    command: 'mpyFleet.refresh',
  };
}

async function space(board: Board, listings: FolderListings): Promise<NoteNode[]> {
  // Before anything has been read, free space alone is not a reason to ask the board, because a
  // program may be running.
  const flash = listings.has(board, '/') ? await listings.space(board) : board.info?.flash;
  if (!flash) return [];
  const label = vscode.l10n.t('{0} free of {1}', bytesText(flash.free), bytesText(flash.total));
  return [{ kind: 'note', board, label, icon: 'database' }];
}
