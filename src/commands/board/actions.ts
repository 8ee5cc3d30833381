import * as vscode from 'vscode';
import type { CommandId, OfferedCommand } from '../../manifest';
import type { Board } from '../../core/board';
import type { Needs } from '../../views/context';
import { stateOf } from '../../views/tree';
import { fits } from '../targets';
import type { BoardFilter, Command } from '../types';

interface Action extends vscode.QuickPickItem {
  readonly command: OfferedCommand;
}

/** The status bar's menu: all commands that fit the active board in its present state. */
export const boardActionCommands: readonly Command[] = [
  {
    id: 'boardActions',
    needs: 'nothing',
    run: async (context) => {
      const board = context.active.current;
      const action = await vscode.window.showQuickPick(
        [...(board ? actionsFor(board) : []), ...general(context)],
        {
          title: board ? `${board.name}: ${stateOf(board)}` : vscode.l10n.t('No board is selected'),
        },
      );
      if (!action) return;
      const node = board && context.tree.nodeOf(board);
      await vscode.commands.executeCommand(action.command, ...(node ? [node] : []));
    },
  },
];

function actionsFor(board: Board): Action[] {
  const action = (which: BoardFilter, icon: string, label: string, id: CommandId): Action[] =>
    fits(board, which) ? [{ label: `$(${icon}) ${label}`, command: `mpyFleet.${id}` }] : [];
  return [
    ...action('closed', 'plug', vscode.l10n.t('Connect'), 'connect'),
    ...action('present', 'terminal', vscode.l10n.t('Open REPL'), 'openRepl'),
    ...action('open', 'debug-stop', vscode.l10n.t('Stop the Running Program'), 'interrupt'),
    ...action('present', 'debug-restart', vscode.l10n.t('Soft Reset'), 'softReset'),
    ...action('present', 'debug-rerun', vscode.l10n.t('Hard Reset'), 'hardReset'),
    ...action('present', 'folder-opened', vscode.l10n.t('Show in Explorer'), 'addToExplorer'),
    ...action('present', 'watch', vscode.l10n.t("Set the Board's Clock"), 'setClock'),
    ...action('present', 'info', vscode.l10n.t('Board Info'), 'info'),
    ...action('any', 'edit', vscode.l10n.t('Rename Board…'), 'rename'),
    ...action('open', 'debug-disconnect', vscode.l10n.t('Disconnect'), 'disconnect'),
  ];
}

function general({ fleet }: Needs<'fleet'>): Action[] {
  const several = fleet.boards.filter((b) => b.present).length > 1;
  const item = (icon: string, label: string, command: OfferedCommand): Action => ({
    label: `$(${icon}) ${label}`,
    command,
  });
  const select = item('target', vscode.l10n.t('Select the Active Board…'), 'mpyFleet.selectBoard');
  return [
    ...(several ? [select] : []),
    item('list-tree', vscode.l10n.t('Show All Boards'), 'mpyFleet.boards.focus'),
    item('beaker', vscode.l10n.t('Start a Demo Board'), 'mpyFleet.startDemo'),
    item('add', vscode.l10n.t('Add a Serial Port by Path…'), 'mpyFleet.addPort'),
    item('output', vscode.l10n.t('Show Log'), 'mpyFleet.showLog'),
  ];
}
