import * as vscode from 'vscode';
import type { Board } from '../core/board/board';
import { forEachBoard } from '../core/many/jobs';
import { isTreeNode } from '../views/tree/nodes';
import { pickBoard } from './pickBoards';
import { summarise } from './summary';
import type { Command } from './types';

/** Connecting, naming and adding boards. */
export const connectionCommands: readonly Command[] = [
  {
    id: 'connect',
    needs: 'boards',
    which: 'present',
    progress: { where: 'view', title: (names) => vscode.l10n.t('Connecting {0}', names) },
    run: async (context, boards, { signal }) => {
      const outcomes = await forEachBoard(boards, (b, s) => b.connect({ signal: s }), { signal });
      summarise(context, outcomes, vscode.l10n.t('Connecting'), 'mpyFleet.connect');
    },
  },
  {
    id: 'disconnect',
    needs: 'boards',
    which: 'any',
    run: async (_context, boards) => {
      await Promise.all(boards.map((board) => board.disconnect()));
    },
  },
  {
    id: 'connectVia',
    needs: 'board',
    which: 'present',
    run: async (_context, board, { args }) => {
      const [node] = args;
      const kind =
        isTreeNode(node) && node.kind === 'link' ? node.link.found.address.kind : undefined;
      await board.connect(kind ? { kind } : {});
    },
  },
  {
    id: 'rename',
    needs: 'board',
    which: 'any',
    run: async ({ fleet }, board) => {
      const name = await askName(board);
      if (name === undefined) return;
      if (!board.uid) await board.refreshInfo();
      fleet.rename(board, name);
    },
  },
  {
    id: 'forget',
    needs: 'boards',
    which: 'any',
    run: async ({ fleet }, boards) => {
      for (const board of boards) await fleet.forget(board);
    },
  },
  {
    id: 'addPort',
    needs: 'nothing',
    run: async ({ settings }) => {
      const path = await askPort();
      if (path === undefined) return;
      const paths = settings.get('serial.paths');
      if (!paths.includes(path)) await settings.set('serial.paths', [...paths, path]);
    },
  },
  {
    id: 'removePort',
    needs: 'nothing',
    run: async ({ settings }) => {
      const paths = settings.get('serial.paths');
      const path = await vscode.window.showQuickPick(paths, {
        title: vscode.l10n.t('Remove which serial port?'),
        placeHolder: vscode.l10n.t('Ports that were added by their path'),
      });
      if (path === undefined) return;
      await settings.set(
        'serial.paths',
        paths.filter((p) => p !== path),
      );
    },
  },
  {
    id: 'selectBoard',
    needs: 'nothing',
    run: async (context) => {
      await pickBoard(
        context,
        context.fleet.boards.filter((b) => b.present),
        'present',
      );
    },
  },
];

async function askName(board: Board): Promise<string | undefined> {
  const name = await vscode.window.showInputBox({
    title: vscode.l10n.t('Name for {0}', board.name),
    value: board.name,
    prompt: vscode.l10n.t('Shown on this computer only; the board itself is not changed.'),
    validateInput: (text) =>
      text.trim() === '' ? vscode.l10n.t('A name needs at least one character.') : undefined,
  });
  return name?.trim();
}

async function askPort(): Promise<string | undefined> {
  const path = await vscode.window.showInputBox({
    title: vscode.l10n.t('Add a serial port'),
    placeHolder: process.platform === 'win32' ? 'COM3' : '/dev/ttyUSB0',
    prompt: vscode.l10n.t('For ports that are not found by themselves: bridges, emulators, socat.'),
    validateInput: (text) =>
      text.trim() === '' ? vscode.l10n.t('Write the path of the port.') : undefined,
  });
  return path?.trim();
}
