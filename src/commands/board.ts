import * as vscode from 'vscode';
import { setClock } from '../core/board/boardClock';
import { forEachBoard } from '../core/many/jobs';
import { boardTooltipOf } from '../views/tree/boardItem';
import { tellBriefly } from '../views/brief';
import { summarise } from './summary';
import type { BoardsCommand, Command } from './types';

/** What a board can be told to do as a whole. */
export const boardCommands: readonly Command[] = [
  {
    id: 'interrupt',
    needs: 'boards',
    which: 'open',
    run: async (context, boards) => {
      const outcomes = await forEachBoard(boards, (b) => b.interrupt());
      summarise(context, outcomes, vscode.l10n.t('Interrupting'), 'mpyFleet.interrupt');
    },
  },
  reset('softReset', 'soft'),
  reset('hardReset', 'hard'),
  {
    id: 'setClock',
    needs: 'boards',
    which: 'present',
    progress: {
      where: 'window',
      title: (names) => vscode.l10n.t('Setting the clock of {0}', names),
    },
    run: async (context, boards, { signal }) => {
      const outcomes = await forEachBoard(boards, (b, s) => setClock(b, new Date(), s), { signal });
      summarise(context, outcomes, vscode.l10n.t('Setting the clock'), 'mpyFleet.setClock');
      const set = outcomes.filter((o) => o.status === 'ok').map((o) => o.board.name);
      if (set.length === 0) return;
      tellBriefly(vscode.l10n.t('$(check) Clock set: {0}', set.join(', ')));
    },
  },
  {
    id: 'info',
    needs: 'board',
    which: 'present',
    run: async (context, board, { signal }) => {
      await board.refreshInfo({ signal });
      const text = boardTooltipOf(board, context.fleet.tagsOf(board)).value;
      const document = await vscode.workspace.openTextDocument({
        language: 'markdown',
        content: text,
      });
      await vscode.commands.executeCommand('markdown.showPreview', document.uri);
    },
  },
  {
    id: 'refresh',
    needs: 'boards',
    which: 'any',
    run: (context, boards) => {
      for (const board of boards) {
        context.tree.refresh(board);
        context.fileChanges.changed(board, '/');
      }
    },
  },
  {
    id: 'copyAddress',
    needs: 'board',
    which: 'any',
    run: async (_context, board) => {
      const link = board.links.find((l) => l.present) ?? board.links[0];
      await vscode.env.clipboard.writeText(link?.found.address.text ?? board.id);
    },
  },
];

function reset(id: string, mode: 'soft' | 'hard'): BoardsCommand {
  return {
    id,
    needs: 'boards',
    which: 'present',
    progress: { where: 'window', title: (names) => vscode.l10n.t('Resetting {0}', names) },
    run: async (context, boards, { signal }) => {
      const outcomes = await forEachBoard(boards, (b, s) => b.reset(mode, s), { signal });
      for (const board of boards) context.fileChanges.changed(board, '/');
      summarise(context, outcomes, vscode.l10n.t('Resetting'), `mpyFleet.${id}`);
    },
  };
}
