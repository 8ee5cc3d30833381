import * as vscode from 'vscode';
import { blink, showPrompt } from '../../core/board';
import { forEachBoard } from '../../core/many';
import { factLines } from '../../views/tree';
import { runOnBoards } from '../fleet';
import { summarise } from '../summary';
import type { BoardsCommand, Command } from '../types';
import { tellBriefly } from '../../views/message';

/** Commands for a board as a whole. */
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
    which: 'presentOrLater',
    progress: {
      where: 'window',
      title: (names) => vscode.l10n.t('Setting the clock of {0}', names),
    },
    run: async (context, boards, call) => {
      const done = await runOnBoards(context, { kind: 'setClock' }, boards, call);
      if (done) tellBriefly(vscode.l10n.t('Clock set: {0}', done.name), 'check');
    },
  },
  {
    id: 'info',
    needs: 'board',
    which: 'present',
    run: async (context, board, { signal }) => {
      await board.refreshInfo({ signal });
      const links = board.links.map((l): [string, string] => [
        vscode.l10n.t('Link'),
        l.found.address.text,
      ]);
      const facts = [...factLines(board), ...links];
      const width = Math.max(...facts.map(([name]) => name.length));
      const lines = facts.map(([name, value]) => `${name.padEnd(width)}  ${value}`);
      await context.many.answers.openText(board.name, `${lines.join('\n')}\n`);
    },
  },
  {
    id: 'identify',
    needs: 'board',
    which: 'present',
    progress: { where: 'window', title: (names) => vscode.l10n.t('Identifying {0}', names) },
    run: async (context, board, { signal }) => {
      const job = vscode.l10n.t('Blinking the LED');
      const configured = await context.sync.devices.find(board);
      if (await blink(board, job, { led: configured?.device.led, signal })) return;
      context.terminals.show(board);
      board.console.note(vscode.l10n.t('This is {0}', board.name));
      // Waits for other work, because the prompt cannot be shown during it.
      if (board.state.tag !== 'running') await board.holdConsole(() => showPrompt(board), signal);
      tellBriefly(vscode.l10n.t('The firmware of {0} names no LED', board.name));
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

function reset(id: 'softReset' | 'hardReset', mode: 'soft' | 'hard'): BoardsCommand {
  return {
    id,
    needs: 'boards',
    which: 'presentOrLater',
    progress: { where: 'window', title: (names) => vscode.l10n.t('Resetting {0}', names) },
    run: async (context, boards, call) => {
      call.begin();
      const done = await runOnBoards(context, { kind: 'reset', mode }, boards, call);
      for (const board of boards) context.fileChanges.changed(board, '/');
      if (done) tellBriefly(vscode.l10n.t('{0}: reset', done.name), 'check');
    },
  };
}
