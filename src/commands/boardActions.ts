import * as vscode from 'vscode';
import type { Board } from '../core/board/board';
import type { ViewContext } from '../views/context';
import { stateWords } from '../views/tree/boardItem';
import { fits } from './targets';
import type { BoardFilter, Command } from './types';

interface Action extends vscode.QuickPickItem {
  readonly command: string;
}

/** What the status bar's item offers: all that can be done with the active board as it is now. */
export const boardActionCommands: readonly Command[] = [
  {
    id: 'boardActions',
    needs: 'nothing',
    run: async (context) => {
      const board = context.active.current;
      const action = await vscode.window.showQuickPick(
        [...(board ? actionsFor(board) : []), ...general(context)],
        { title: board && `${board.name}: ${stateWords(board.state, board.present)}` },
      );
      if (!action) return;
      const node = board && context.tree.nodeOf(board);
      await vscode.commands.executeCommand(action.command, ...(node ? [node] : []));
    },
  },
];

function actionsFor(board: Board): Action[] {
  const t = vscode.l10n.t;
  const action = (which: BoardFilter, icon: string, label: string, id: string): Action[] =>
    fits(board, which) ? [{ label: `$(${icon}) ${label}`, command: `mpyFleet.${id}` }] : [];
  return [
    ...action('closed', 'debug-start', t('Connect'), 'connect'),
    ...action('present', 'terminal', t('Open the REPL'), 'openRepl'),
    ...action('open', 'debug-stop', t('Stop the running program'), 'interrupt'),
    ...action(
      'present',
      'debug-restart',
      t('Soft reset: run boot.py and main.py again'),
      'softReset',
    ),
    ...action('present', 'debug-rerun', t('Hard reset'), 'hardReset'),
    ...action('present', 'folder-opened', t('Show the files in the Explorer'), 'addToExplorer'),
    ...action('present', 'watch', t('Set the clock'), 'setClock'),
    ...action('present', 'info', t('Board info'), 'info'),
    ...action('any', 'edit', t('Rename…'), 'rename'),
    ...action('open', 'debug-disconnect', t('Disconnect'), 'disconnect'),
  ];
}

function general({ fleet }: ViewContext): Action[] {
  const t = vscode.l10n.t;
  const several = fleet.boards.filter((b) => b.present).length > 1;
  return [
    ...(several
      ? [{ label: `$(target) ${t('Another board…')}`, command: 'mpyFleet.selectBoard' }]
      : []),
    { label: `$(list-tree) ${t('Show all boards')}`, command: 'mpyFleet.boards.focus' },
    { label: `$(beaker) ${t('Start a demo board')}`, command: 'mpyFleet.startDemo' },
    { label: `$(add) ${t('Add a serial port by path…')}`, command: 'mpyFleet.addPort' },
    { label: `$(output) ${t('Show the log')}`, command: 'mpyFleet.showLog' },
  ];
}
