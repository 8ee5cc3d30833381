import * as vscode from 'vscode';
import { blink, setClock } from '../../core/board';
import { forEachBoard } from '../../core/many';
import { factLines } from '../../views/tree';
import { namesOf, summarise } from '../summary';
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
      tellBriefly(vscode.l10n.t('Clock set: {0}', set.join(', ')), 'check');
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
      tellBriefly(vscode.l10n.t('{0} has no LED that its firmware names', board.name));
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
    which: 'present',
    progress: { where: 'window', title: (names) => vscode.l10n.t('Resetting {0}', names) },
    run: async (context, boards, { signal, begin }) => {
      begin();
      const outcomes = await forEachBoard(boards, (b, s) => b.reset(mode, s), { signal });
      for (const board of boards) context.fileChanges.changed(board, '/');
      summarise(context, outcomes, vscode.l10n.t('Resetting'), `mpyFleet.${id}`);
      const done = outcomes.filter((o) => o.status === 'ok').map((o) => o.board);
      if (done.length > 0) tellBriefly(vscode.l10n.t('{0}: reset', namesOf(done)), 'check');
    },
  };
}
