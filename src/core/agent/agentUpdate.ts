import * as l10n from '@vscode/l10n';
import type { BoardFiles } from '../boardFiles';
import { UsageError } from '../errors';
import type { AgentControl } from './agentControl';
import { runningCopy, updateAgent, type AgentSource, type InstallOptions } from './agentInstall';
import type { Birth } from './agentProtocolPresence';

/** What an update over the air needs from the board. */
export interface UpdateTarget {
  readonly name: string;
  readonly files: BoardFiles;
}

/**
 * Updates a board's agent over the air, even from protocol 1: writes it to the inactive copy and
 * starts that on trial. If the new agent does not reach the broker, the board returns to the old
 * copy.
 * @param sourceOf the agent's files, compiled or not
 * @returns the board's facts after the restart
 * @throws UsageError when the board runs the old copy again
 */
export async function updateOverTheAir(
  board: UpdateTarget,
  control: Pick<AgentControl, 'restart'>,
  sourceOf: (compiled: boolean) => Promise<AgentSource>,
  { signal, onStep = () => undefined }: InstallOptions = {},
): Promise<Birth> {
  onStep(l10n.t('Copying the new agent'));
  // Ask the board itself, because anyone can announce it with another slot.
  const running = await runningCopy(board.files, signal);
  const source = await sourceOf(running.compiled);
  const slot = await updateAgent(board.files, source, running.slot, signal);
  onStep(l10n.t('Restarting'));
  const after = await control.restart({ mode: 'hard', slot }, signal);
  if (after.slot !== slot) {
    throw new UsageError(l10n.t('The new agent did not start: {0} runs the old one', board.name), {
      hint: l10n.t('Check its log, then try again.'),
    });
  }
  return after;
}
