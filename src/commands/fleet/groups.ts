import * as vscode from 'vscode';
import type { Board } from '../../core/board';
import { compressHostlist, selectableOf, summarize, tagsIn } from '../../core/many';
import type { Needs } from '../../views/context';
import { boardsOf, chooseBoards } from '../targets';
import { setHistoryServer } from './historyServer';
import { namesOf } from '../summary';
import { tellBoards } from './tellBoards';
import type { Command } from '../types';
import { showInformationMessage, showInputBox } from '../../views/message';

/** Commands for named groups of boards, for the history of jobs, and for waiting jobs. */
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
  {
    id: 'showHistory',
    needs: 'nothing',
    run: async (context, { args }) => {
      const [board] = boardsOf(context, args);
      await vscode.commands.executeCommand('mpyFleet.internal.showHistory', board?.uid);
    },
  },
  { id: 'setHistoryServer', needs: 'nothing', run: setHistoryServer },
  { id: 'showWaiting', needs: 'nothing', run: showWaiting },
];

async function those(
  context: Needs<'fleet' | 'active' | 'focus' | 'uris' | 'many'>,
  args: readonly unknown[],
  title: string,
): Promise<readonly Board[] | undefined> {
  const given = boardsOf(context, args);
  return given.length > 0 ? given : chooseBoards(context, title);
}

async function saveGroup({ settings }: Needs<'settings'>, boards: readonly Board[]): Promise<void> {
  const list = compressHostlist(boards.map((b) => b.name));
  const name = await showInputBox({
    title: vscode.l10n.t('Name of the group'),
    prompt: vscode.l10n.t('Write it as @name to select these boards. It stands for: {0}', list),
    validateInput: (text) =>
      /^[\w.-]+$/.test(text)
        ? undefined
        : vscode.l10n.t('Use letters, digits, dots, dashes and underscores.'),
  });
  if (name) await settings.set('groups', { ...settings.get('groups'), [name]: list });
}

async function editTags(
  context: Needs<'fleet' | 'brokers' | 'history'>,
  boards: readonly Board[],
): Promise<void> {
  const { fleet } = context;
  // Without those of a device file, which are changed there.
  const tagsOf = (board: Board) => selectableOf(fleet, board).tags;
  const [first] = boards;
  if (!first) return;
  const shared = tagsOf(first).filter((tag) => boards.every((b) => tagsOf(b).includes(tag)));
  const text = await showInputBox({
    title: vscode.l10n.t('Tags of {0}', namesOf(boards)),
    prompt: vscode.l10n.t(
      'Words separated by spaces or commas. Write tag:word to select these boards.',
    ),
    value: shared.join(' '),
    validateInput: (value) =>
      tagsIn(value) === undefined
        ? vscode.l10n.t('Use letters, digits, dots, dashes and underscores.')
        : undefined,
  });
  const wanted = text === undefined ? undefined : tagsIn(text);
  if (!wanted) return;
  for (const board of boards) {
    if (!board.uid) await board.refreshInfo();
    const own = tagsOf(board).filter((tag) => !shared.includes(tag));
    fleet.setTags(board, [...new Set([...own, ...wanted])]);
  }
  await tellBoards(context, boards, (board) => ({ tags: [...fleet.tagsOf(board)] }));
}

async function showResults({ many }: Needs<'many'>): Promise<void> {
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

/** Lists jobs that wait for their boards; selected ones are cancelled. */
async function showWaiting({ many }: Needs<'many'>): Promise<void> {
  const items = many.pending.all.map((job) => ({
    job,
    label: job.board,
    description: job.what,
    detail: job.at.replace('T', ' ').slice(0, 19),
  }));
  if (items.length === 0) {
    await showInformationMessage(vscode.l10n.t('No job is waiting for a board.'));
    return;
  }
  const picked = await vscode.window.showQuickPick(items, {
    title: vscode.l10n.t('Waiting for boards: select jobs to cancel'),
    canPickMany: true,
  });
  for (const { job } of picked ?? []) await many.pending.remove(job.id);
}
