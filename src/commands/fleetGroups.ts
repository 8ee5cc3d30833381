import * as vscode from 'vscode';
import type { Board } from '../core/board/board';
import { compressHostlist } from '../core/many/hostlist';
import type { HistoryEntry } from '../core/many/jobHistory';
import { summarize } from '../core/many/results';
import type { ViewContext } from '../views/context';
import { chooseBoards } from './fleetChoose';
import { boardsOf } from './fleetTargets';
import type { Command } from './types';

/** Names for sets of boards, and what was done and is still to be done on many. */
export const groupCommands: readonly Command[] = [
  {
    id: 'saveGroup',
    needs: 'nothing',
    run: async (context, { args }) => {
      const boards = await those(context, args, vscode.l10n.t('Save as a group'));
      if (boards) await saveGroup(context, boards);
    },
  },
  {
    id: 'editTags',
    needs: 'nothing',
    run: async (context, { args }) => {
      const boards = await those(context, args, vscode.l10n.t('Tag boards'));
      if (boards) await editTags(context, boards);
    },
  },
  {
    id: 'showDashboard',
    needs: 'nothing',
    run: async () => {
      await vscode.commands.executeCommand('mpyFleet.internal.showDashboard');
    },
  },
  { id: 'showResults', needs: 'nothing', run: showResults },
  { id: 'showHistory', needs: 'nothing', run: showHistory },
  { id: 'showWaiting', needs: 'nothing', run: showWaiting },
];

async function those(
  context: ViewContext,
  args: readonly unknown[],
  title: string,
): Promise<readonly Board[] | undefined> {
  const given = boardsOf(context, args);
  return given.length > 0 ? given : chooseBoards(context, title);
}

async function saveGroup({ settings }: ViewContext, boards: readonly Board[]): Promise<void> {
  const list = compressHostlist(boards.map((b) => b.name));
  const name = await vscode.window.showInputBox({
    title: vscode.l10n.t('Name of the group'),
    prompt: vscode.l10n.t('Written as @name wherever boards are chosen. It stands for: {0}', list),
    validateInput: (text) =>
      /^[\w.-]+$/.test(text)
        ? undefined
        : vscode.l10n.t('Letters, digits, dot, dash and underscore.'),
  });
  if (name) await settings.set('groups', { ...settings.get('groups'), [name]: list });
}

async function editTags({ fleet }: ViewContext, boards: readonly Board[]): Promise<void> {
  const [first] = boards;
  if (!first) return;
  const shared = fleet
    .tagsOf(first)
    .filter((tag) => boards.every((b) => fleet.tagsOf(b).includes(tag)));
  const text = await vscode.window.showInputBox({
    title: vscode.l10n.t('Tags of {0} boards', boards.length),
    prompt: vscode.l10n.t(
      'Words with spaces between; written as tag:word where boards are chosen.',
    ),
    value: shared.join(' '),
    validateInput: (value) =>
      /^[\w.\s-]*$/.test(value)
        ? undefined
        : vscode.l10n.t('Letters, digits, dot, dash and underscore.'),
  });
  if (text === undefined) return;
  const wanted = text.split(/\s+/).filter(Boolean);
  for (const board of boards) {
    if (!board.uid) await board.refreshInfo();
    const own = fleet.tagsOf(board).filter((tag) => !shared.includes(tag));
    fleet.setTags(board, [...new Set([...own, ...wanted])]);
  }
}

async function showResults({ many }: ViewContext): Promise<void> {
  const [first, second] = many.jobs.all;
  if (first && second) {
    const items = many.jobs.all.map((job) => ({
      job,
      label: job.title,
      description: summarize(job.results),
    }));
    const picked = await vscode.window.showQuickPick(items, {
      title: vscode.l10n.t('Results of which job?'),
    });
    if (!picked) return;
    many.jobs.show(picked.job);
  }
  await vscode.commands.executeCommand('mpyFleet.results.focus');
}

async function showHistory({ many }: ViewContext): Promise<void> {
  const { entries, damaged } = await many.history.read();
  const lines = entries.map(historyLine);
  if (damaged > 0)
    lines.push(vscode.l10n.t('{0} lines of the history could not be read.', damaged));
  if (lines.length === 0) lines.push(vscode.l10n.t('Nothing has been done on many boards yet.'));
  await many.answers.openText('history', `${lines.join('\n')}\n`);
}

function historyLine({ at, who, what, ms, boards }: HistoryEntry): string {
  const bad = boards.filter((b) => b.status !== 'ok');
  const failures = bad.map((b) => `\n    ${b.board}: ${b.error ?? b.status}`).join('');
  const names = compressHostlist(boards.map((b) => b.board));
  const when = at.replace('T', ' ').slice(0, 19);
  return `${when}  ${who}  ${what}  ${boards.length - bad.length}/${boards.length}  ${(ms / 1000).toFixed(1)} s  ${names}${failures}`;
}

/** Jobs that wait for their boards; one that is chosen is called off. */
async function showWaiting({ many }: ViewContext): Promise<void> {
  const items = many.pending.all.map((job) => ({
    job,
    label: job.board,
    description: job.what,
    detail: job.at.replace('T', ' ').slice(0, 19),
  }));
  if (items.length === 0) {
    await vscode.window.showInformationMessage(vscode.l10n.t('No job waits for a board.'));
    return;
  }
  const picked = await vscode.window.showQuickPick(items, {
    title: vscode.l10n.t('Waiting for boards: choose what to call off'),
    canPickMany: true,
  });
  for (const { job } of picked ?? []) await many.pending.remove(job.id);
}
