import * as vscode from 'vscode';
import type { Board } from '../../core/board';
import { CancelledError, UsageError } from '../../core/errors';
import { AIR_WORDS, airPlan, airSteps, RolloutJob } from '../../core/many';
import type { Needs } from '../../views/context';
import { showResults } from '../../views/helpful';
import { tellBriefly } from '../../views/message';
import { askMostFailed, askPace } from '../fleet';

/** Parameters of an update over the air on many boards. */
export interface AirUpdate {
  /** Title of the results. */
  readonly title: string;
  /** Updates one board and waits until it has confirmed the update. */
  readonly update: (board: Board, signal: AbortSignal) => Promise<unknown>;
}

/** Maximum number of boards that are updated at the same time without a question about waves. */
const FEW = 4;

/**
 * Asks how fast, then updates boards in waves. Each wave begins when all boards of the one before have confirmed their update
 * or failed; too many failures stop it.
 * @throws CancelledError, UsageError when it stopped
 */
export async function updateInWaves(
  context: Needs<'settings' | 'many'>,
  boards: readonly Board[],
  { title, update }: AirUpdate,
): Promise<void> {
  const count = boards.length;
  const isFew = count <= FEW;
  const question = vscode.l10n.t('How should {0} boards be updated?', count);
  const pace = isFew ? { canaries: count, waves: [] } : await askPace(count, question);
  const mostFailed = pace && (isFew ? 1 : await askMostFailed(count));
  if (mostFailed === undefined) throw new CancelledError();
  const { jobs } = context.many;
  const concurrency = context.settings.get('fleet.concurrency');
  const job = new RolloutJob(
    title,
    boards,
    airSteps(update),
    airPlan({ ...pace, mostFailed, concurrency }),
    // The agent runs alongside programs, so none has to be stopped.
    { policies: jobs.stopPolicies, programs: 'leave' },
    AIR_WORDS,
  );
  await vscode.commands.executeCommand('mpyFleet.results.focus');
  await jobs.follow(job, () => job.run());
  const failed = job.results.filter((r) => r.status !== 'ok').length;
  if (job.end === 'done' && failed === 0) {
    tellBriefly(vscode.l10n.t('Updated {0} boards', count), 'check');
    return;
  }
  const words =
    job.end === 'done'
      ? vscode.l10n.t('{0} of {1} boards were not updated', failed, count)
      : vscode.l10n.t('The update stopped: {0} of {1} boards were not updated', failed, count);
  if (jobs.inSight) tellBriefly(words, 'error');
  else throw new UsageError(words, { next: showResults() });
}
