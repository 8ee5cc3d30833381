import * as vscode from 'vscode';
import {
  AssignedPackages,
  type Assignment,
  checkAgent,
  deployApp,
  type AppPackage,
} from '../../core/apps';
import type { Board } from '../../core/board';
import { UsageError } from '../../core/errors';
import type { ActionIo, FleetAction } from '../../core/many';
import { agentOf } from '../broker';
import type { Needs } from '../context';
import { supervisorFiles } from './supervisorFiles';

interface Context extends Needs<'extension' | 'brokers' | 'history'> {
  /** Returns the app that is assigned to a board. */
  readonly assigned: (board: Board) => Assignment | undefined;
}

/**
 * Deploys an action's app to a board: the app that it names, else the one assigned to the board.
 * Also serves boards that were away.
 */
export function deployAction(
  context: Context,
): (
  board: Board,
  action: Extract<FleetAction, { kind: 'deployApp' }>,
  io: ActionIo,
) => Promise<void> {
  /** One action on many boards reads each app only once. */
  const read = new WeakMap<FleetAction, AssignedPackages>();
  return async (board, action, io) => {
    const packages = read.get(action) ?? new AssignedPackages();
    read.set(action, packages);
    const { app } = action;
    const own = app ?? context.assigned(board);
    if (!own) throw new UsageError(vscode.l10n.t('No app is assigned to {0}', board.name));
    await deployTo(context, board, await packages.read({ to: '', ...own }), io);
  };
}

/** Deploys an app to a board and restarts it, unless the app already runs there. */
async function deployTo(
  context: Context,
  board: Board,
  app: AppPackage,
  io: ActionIo,
): Promise<void> {
  const { signal } = io;
  if (board.links.some((l) => l.present && l.found.address.kind === 'mqtt')) {
    const { control } = agentOf(context, board);
    if (control.birth) checkAgent(app.manifest, control.birth.agent, board.name);
  }
  const { changed, sent, copied } = await deployApp(
    board.files,
    app,
    await supervisorFiles(context),
    {
      ...{ signal, onProgress: (d, t) => io.progress?.(d, t) },
      // A file that several boards lack is published once for all of them.
      publish: async ({ path, content }) => (await io.publish?.(path, content)) ?? false,
    },
  );
  if (!changed) {
    io.print(`${vscode.l10n.t('{0} already runs there', app.id)}\n`);
    return;
  }
  await restartForApp(board, signal);
  const words = vscode.l10n.t(
    '{0} runs on trial for {1} s. Files sent: {2}, copied on the board: {3}',
    ...[app.id, app.manifest.trial, sent, copied],
  );
  io.print(`${words}\n`);
}

/**
 * Restarts the board for its app. Over USB, main.py must run again; behind a broker, the agent
 * returns after a hard reset.
 */
export async function restartForApp(board: Board, signal: AbortSignal): Promise<void> {
  await board.reset(board.transport?.kind === 'mqtt' ? 'hard' : 'soft', signal);
}
