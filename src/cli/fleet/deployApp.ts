import { counted } from '../../core/counted';
import {
  type AppPackage,
  checkAgent,
  deployApp,
  type Deployed,
  driftOf,
  readBoardApp,
  type Supervisor,
} from '../../core/apps';
import { UsageError } from '../../core/errors';
import type { BoardIo, CliBoard } from '../board';
import type { GroupUpload } from './groupUpload';

/** A board of a deployment, and all boards that get the same version. */
export interface Target {
  readonly board: CliBoard;
  readonly boards: readonly CliBoard[];
  readonly io: Pick<BoardIo, 'signal' | 'progress' | 'say'>;
  readonly groups: GroupUpload;
}

/**
 * Deploys an app to a board and restarts it, unless the board runs it already.
 * @returns what was done
 * @throws UsageError if the agent is too old for the app; errors of the link
 */
export async function deployTo(
  { board, boards, io, groups }: Target,
  app: AppPackage,
  supervisor: Supervisor,
): Promise<Deployed> {
  const { signal } = io;
  const agent = await board.brokersLink.agentAt(board.address);
  if (agent?.control.birth) checkAgent(app.manifest, agent.control.birth.agent, board.name);
  const done = await deployApp(board.files, app, supervisor, {
    signal,
    onProgress: (now, total, path) => io.progress(now, total, path),
    // A file that several boards lack is published once for all of them.
    publish: async ({ path, content }) =>
      (await groups.write(board, boards, path, () => Promise.resolve(content))) !== undefined,
  });
  const { id, changed, sent, copied } = done;
  if (!changed) {
    io.say(`${id} already runs there\n`);
    return done;
  }
  await (await board.transport(signal)).reset(agent ? 'hard' : 'soft', signal);
  const { trial } = app.manifest;
  io.say(`${id} runs on trial for ${trial} s: ${counted(sent, 'file')} sent, ${copied} copied\n`);
  return done;
}

/**
 * Deploys the app that is assigned to a board.
 * @throws UsageError if the board fell back from this version; errors of {@link deployTo}
 */
export async function applyTo(
  target: Target,
  app: AppPackage,
  supervisor: Supervisor,
): Promise<Deployed> {
  const { board, io } = target;
  const drift = driftOf(await readBoardApp(board.files, io.signal), app.id);
  if (drift === 'rejected') {
    throw new UsageError(`${board.name} fell back from ${app.id}`, {
      hint: 'Correct the app. To try this version again: mpyfleet app deploy.',
    });
  }
  return deployTo(target, app, supervisor);
}
