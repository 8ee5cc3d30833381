import * as vscode from 'vscode';
import {
  type AgentRestart,
  removeAgent,
  removeStartLines,
  updateOverTheAir,
} from '../../core/agent';
import type { Board } from '../../core/board';
import { asError, CancelledError, UsageError } from '../../core/errors';
import { type NewAgent, runsAgent, updateAgentOn } from '../../core/many';
import { agentOf, airBoardOf, forgetAtBrokers } from '../../views/broker';
import type { Needs } from '../../views/context';
import { askAgent } from './askRelease';
import { putAgent } from './put';
import { updateInWaves } from './waves';
import { onEach, type WorkIo } from './work';
import { confirm } from '../confirm';
import { withoutAway } from '../fleet';
import { namesOf } from '../summary';
import type { Call, Command, ProgressLook } from '../types';

/** Steps of an update over the air: copying, and the restart into the new copy. */
const UPDATE_STEPS = 2;

const RESTARTING: ProgressLook = {
  where: 'window',
  title: (names) => vscode.l10n.t('Restarting {0}', names),
};

/** Commands to install, update, restart and remove the agent. */
export const agentCommands: readonly Command[] = [
  {
    id: 'putAgent',
    needs: 'boards',
    which: 'present',
    progress: {
      where: 'notification',
      title: (names) => vscode.l10n.t('Putting the agent on {0}', names),
    },
    run: putAgent,
  },
  {
    id: 'updateAgent',
    needs: 'boards',
    which: 'any',
    progress: {
      where: 'notification',
      title: (names) => vscode.l10n.t('Updating the agent on {0}', names),
    },
    run: update,
  },
  {
    id: 'removeAgent',
    needs: 'boards',
    which: 'present',
    progress: {
      where: 'notification',
      title: (names) => vscode.l10n.t('Removing the agent from {0}', names),
    },
    run: remove,
  },
  {
    id: 'safeMode',
    needs: 'boards',
    which: 'present',
    progress: RESTARTING,
    run: async (context, boards, call) => {
      await confirm(
        vscode.l10n.t('Restart {0} in safe mode?', namesOf(boards)),
        vscode.l10n.t('Restart'),
        boards.length === 1
          ? vscode.l10n.t(
              'Its program stops and does not start again until you choose "Leave Safe Mode".',
            )
          : vscode.l10n.t(
              'Their programs stop and do not start again until you choose "Leave Safe Mode".',
            ),
      );
      await restart(context, boards, call, vscode.l10n.t('Restart in safe mode'), 'safe');
    },
  },
  {
    id: 'leaveSafeMode',
    needs: 'boards',
    which: 'present',
    progress: RESTARTING,
    run: (context, boards, call) =>
      restart(context, boards, call, vscode.l10n.t('Leave safe mode'), 'normal'),
  },
];

/**
 * Restarts boards. The agent works without a prompt, so no question about a running program is
 * needed.
 */
async function restart(
  context: Needs<'settings' | 'brokers' | 'history' | 'many'>,
  boards: readonly Board[],
  call: Call,
  title: string,
  mode: AgentRestart['mode'],
): Promise<void> {
  await onEach(context, boards, call, {
    title,
    programs: 'leave',
    run: async (board, { signal, step }) => {
      step(vscode.l10n.t('Restarting'), 0, 1);
      await agentOf(context, board).control.restart({ mode }, signal);
      return '';
    },
  });
}

/**
 * Updates the agent over the air: writes the inactive copy, then starts it on trial. Several boards
 * are updated in waves. Boards that are away can be updated when they return.
 */
async function update(
  context: Needs<'extension' | 'settings' | 'brokers' | 'history' | 'many' | 'packages'>,
  boards: readonly Board[],
  call: Call,
): Promise<void> {
  const agent = await askAgent(context, call);
  if (!agent) return;
  const { version, release } = agent;
  const action = { kind: 'updateAgent', ...(release ? { release } : {}) } as const;
  const there = await call.ask(() => withoutAway(context, action, boards));
  if (there.length > 1) {
    await call.ask(() =>
      updateInWaves(context, there, {
        title: vscode.l10n.t('Update the agent to {0}', version),
        update: (board, signal) => updateAgentOn(airBoardOf(context, board), agent, { signal }),
      }),
    );
    return;
  }
  const again = await runs(context, there[0], agent, call.signal);
  if (again) {
    await confirm(
      vscode.l10n.t('{0} already runs agent {1}. Install it again?', namesOf(there), version),
      vscode.l10n.t('Install Again'),
    );
  }
  await onEach(context, there, call, {
    title: vscode.l10n.t('Update the agent'),
    run: async (board, io) =>
      vscode.l10n.t('runs agent {0} on trial', await updateOne(context, board, agent, io)),
    told: (board, ended) =>
      vscode.l10n.t('{0} {1}; it confirms itself within minutes.', board.name, ended),
  });
}

/** Returns whether a board runs that agent. */
async function runs(
  context: Needs<'brokers' | 'history'>,
  board: Board | undefined,
  agent: NewAgent,
  signal: AbortSignal,
): Promise<boolean> {
  if (!board?.links.some((l) => l.found.address.kind === 'mqtt')) return false;
  return runsAgent(airBoardOf(context, board), agent, signal);
}

/** Updates the agent of one board. @returns the version that runs now */
async function updateOne(
  context: Needs<'brokers' | 'history'>,
  board: Board,
  { sourceOf }: NewAgent,
  { signal, step }: WorkIo,
): Promise<string> {
  const { control } = agentOf(context, board);
  if (!control.birth) {
    throw new UsageError(vscode.l10n.t('{0} is not connected to its broker', board.name));
  }
  let done = 0;
  const after = await updateOverTheAir(board, control, sourceOf, {
    signal,
    onStep: (words) => step(words, done++, UPDATE_STEPS),
  });
  return after.agent;
}

async function remove(
  context: Needs<'log' | 'settings' | 'brokers' | 'history' | 'many'>,
  boards: readonly Board[],
  call: Call,
): Promise<void> {
  await confirm(
    vscode.l10n.t('Remove the agent from {0}?', namesOf(boards)),
    vscode.l10n.t('Remove'),
    boards.length === 1
      ? vscode.l10n.t('The board will then be reachable only by cable or WebREPL.')
      : vscode.l10n.t('The boards will then be reachable only by cable or WebREPL.'),
  );
  await onEach(context, boards, call, {
    title: vscode.l10n.t('Remove the agent'),
    // The agent is the running program. The board's own program starts again after the removal.
    programs: 'stop',
    run: async (board, io) => {
      await removeOne(context, board, io);
      return '';
    },
    told: (board) =>
      vscode.l10n.t('{0} no longer has the agent. Its own program starts as before.', board.name),
  });
}

async function removeOne(
  context: Needs<'log' | 'brokers' | 'history'>,
  board: Board,
  { signal, step }: WorkIo,
): Promise<void> {
  let steps = 0;
  const options = { signal, onStep: (words: string) => step(words, steps++, 2) };
  const { uid } = board;
  if (board.transport?.kind === 'mqtt') {
    const { control, broker } = agentOf(context, board);
    await removeStartLines(board.files, options);
    await control.remove(signal);
    await board.disconnect();
    if (uid) await broker.forget(uid);
    await connectOtherwise(context, board, signal);
  } else {
    await removeAgent(board.files, options);
    await board.reset('soft', signal);
    if (uid) await forgetAtBrokers(context, uid);
  }
  if (uid) await context.brokers.secrets.setBoardKey(uid, undefined);
}

/** Reconnects a board that was connected, over another link if it has one. If that fails, its row shows why. */
async function connectOtherwise(
  { log }: Needs<'log'>,
  board: Board,
  signal: AbortSignal,
): Promise<void> {
  const other = board.links.find((l) => l.present && l.found.address.kind !== 'mqtt');
  if (!other) return;
  try {
    await board.connect({ kind: other.found.address.kind, signal });
  } catch (error) {
    if (error instanceof CancelledError) throw error;
    log.info(`${board.name} did not connect without its agent: ${asError(error).message}`);
  }
}
