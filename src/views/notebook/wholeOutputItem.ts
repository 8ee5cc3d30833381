import * as vscode from 'vscode';
import { NOTEBOOK_TYPE } from './notebooks';

/** Shows a link to the complete output below a cell that printed more than the notebook keeps. */
export function registerWholeOutputItem(
  pathOf: (cell: vscode.NotebookCell) => string | undefined,
  onDidChange: vscode.Event<void>,
): vscode.Disposable {
  return vscode.notebooks.registerNotebookCellStatusBarItemProvider(NOTEBOOK_TYPE, {
    onDidChangeCellStatusBarItems: onDidChange,
    provideCellStatusBarItems: (cell) => {
      if (pathOf(cell) === undefined) return [];
      const item = new vscode.NotebookCellStatusBarItem(
        `$(go-to-file) ${vscode.l10n.t('Open Whole Output')}`,
        vscode.NotebookCellStatusBarAlignment.Left,
      );
      item.command = {
        command: 'mpyFleet.notebookWholeOutput',
        title: vscode.l10n.t('Open Whole Output'),
        arguments: [cell.index],
      };
      return [item];
    },
  });
}
