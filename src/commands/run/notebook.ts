import * as vscode from 'vscode';
import { UsageError } from '../../core/errors';
import { isLikely } from '../../views/activeBoard';
import { tellBriefly } from '../../views/message';
import { NOTEBOOK_TYPE } from '../../views/notebook';
import { askBoard } from '../targets';
import type { Command } from '../types';

/** Commands for notebooks. */
export const notebookCommands: readonly Command[] = [
  {
    id: 'notebookBoard',
    needs: 'nothing',
    run: async (context) => {
      const notebook = activeNotebook();
      const boards = context.fleet.boards.filter((b) => b.present && isLikely(b));
      const board = await askBoard(context, boards, vscode.l10n.t("The notebook's board"));
      if (board) await (await context.notebooks.load(context)).choose(notebook, board);
    },
  },
  {
    id: 'notebookRestart',
    needs: 'nothing',
    progress: { where: 'window', title: () => vscode.l10n.t('Restarting the board') },
    run: async (context, { signal, begin }) => {
      const notebook = activeNotebook();
      begin();
      const wing = await context.notebooks.load(context);
      const { name } = await wing.restart(notebook, signal);
      // Cells that are run before would be interrupted.
      tellBriefly(vscode.l10n.t('{0}: reset', name), 'check');
    },
  },
  {
    id: 'notebookWholeOutput',
    needs: 'nothing',
    run: async (context, { args }) => {
      const wing = await context.notebooks.load(context);
      const [given] = args;
      const notebook = activeNotebook();
      const index = vscode.window.activeNotebookEditor?.selection.start ?? 0;
      const cell = typeof given === 'number' ? notebook.cellAt(given) : notebook.cellAt(index);
      const path = wing.wholeOutputOf(cell);
      if (path === undefined) {
        throw new UsageError(vscode.l10n.t('The notebook contains the whole output'));
      }
      await vscode.window.showTextDocument(vscode.Uri.file(path));
    },
  },
];

/** Returns the notebook in the active editor. @throws UsageError when no notebook is open */
function activeNotebook(): vscode.NotebookDocument {
  const notebook = vscode.window.activeNotebookEditor?.notebook;
  if (notebook?.notebookType === NOTEBOOK_TYPE) return notebook;
  throw new UsageError(vscode.l10n.t('No notebook is open'), {
    hint: vscode.l10n.t('Open an .ipynb file first.'),
  });
}
