import * as vscode from 'vscode';
import { removeAgent, removeStartLines, updateAgent } from '../core/agent/agentInstall';
import type { Board } from '../core/board/board';
import { UsageError } from '../core/errors';
import { agentSource } from '../views/broker/agentSource';
import { agentOf } from '../views/broker/agentOf';
import type { ViewContext } from '../views/context';
import { putAgent } from './agentPut';
import type { Call, Command } from './types';

/** The agent on boards: putting it there, updating and removing it. */
export const agentCommands: readonly Command[] = [
  {
    id: 'putAgent',
    needs: 'board',
    which: 'present',
    progress: {
      where: 'notification',
      title: (names) => vscode.l10n.t('Putting the agent on {0}', names),
    },
    run: putAgent,
  },
  {
    id: 'updateAgent',
    needs: 'board',
    which: 'present',
    progress: {
      where: 'notification',
      title: (names) => vscode.l10n.t('Updating the agent on {0}', names),
    },
    run: update,
  },
  {
    id: 'removeAgent',
    needs: 'board',
    which: 'present',
    progress: {
      where: 'notification',
      title: (names) => vscode.l10n.t('Removing the agent from {0}', names),
    },
    run: remove,
  },
  {
    id: 'safeMode',
    needs: 'board',
    which: 'present',
    progress: { where: 'window', title: (names) => vscode.l10n.t('Restarting {0}', names) },
    run: async (context, board, { signal }) => {
      const { control } = agentOf(context, board);
      await control.restart({ mode: control.birth?.safe ? 'normal' : 'safe' }, signal);
    },
  },
];

/** Over the air: into the copy that does not run, then a start on trial. */
async function update(context: ViewContext, board: Board, call: Call): Promise<void> {
  const t = vscode.l10n.t;
  const { control } = agentOf(context, board);
  const before = control.birth;
  if (!before) throw new UsageError(t('{0} is not at its broker now', board.name));
  call.report(t('copying the new one'));
  const source = await agentSource(context, (before.mpy & 0xff) === 6);
  const slot = await updateAgent(board.files, source, before.slot, call.signal);
  call.report(t('restarting'));
  const after = await control.restart({ mode: 'hard', slot }, call.signal);
  if (after.slot !== slot) {
    throw new UsageError(t('The new agent did not start: {0} runs the old one', board.name));
  }
  void vscode.window.showInformationMessage(
    t('{0} runs agent {1} on trial; it confirms itself within minutes.', board.name, after.agent),
  );
}

async function remove(context: ViewContext, board: Board, call: Call): Promise<void> {
  const t = vscode.l10n.t;
  const yes = t('Remove It');
  const answer = await vscode.window.showWarningMessage(
    t('Remove the agent from {0}? It can then be reached by cable only.', board.name),
    { modal: true },
    yes,
  );
  if (answer !== yes) return;
  const { signal } = call;
  const options = { signal, onStep: (step: string) => call.report(t(step)) };
  const { uid } = board;
  if (board.transport?.kind === 'mqtt') {
    const { control, broker } = agentOf(context, board);
    await removeStartLines(board.files, options);
    await control.remove(signal);
    await board.disconnect();
    if (uid) await broker.forget(uid);
  } else {
    await removeAgent(board.files, options);
    await board.reset('soft', signal);
  }
  if (uid) await context.brokers.secrets.setBoardKey(uid, undefined);
  void vscode.window.showInformationMessage(
    t('{0} has no agent any more. Its own program starts as before.', board.name),
  );
}
