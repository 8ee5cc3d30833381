import * as vscode from 'vscode';
import type { Board } from '../core/board/board';
import { CancelledError } from '../core/errors';
import type { FleetAction } from '../core/many/fleetActions';
import type { FleetJob } from '../core/many/fleetJob';
import { compressHostlist } from '../core/many/hostlist';
import type { ManyStopAnswer } from '../core/board/stopPolicy';
import type { ViewContext } from '../views/context';

/**
 * Does an action on boards: asks once what is to happen to programs that run and to boards that are away, shows the results,
 * and does it. @throws CancelledError when the user wants none of it
 */
export async function startJob(
  context: ViewContext,
  action: FleetAction,
  boards: readonly Board[],
  signal?: AbortSignal,
): Promise<FleetJob | undefined> {
  const there = await withoutAway(context, action, boards);
  if (there.length === 0) return undefined;
  const programs = needsPrompt(action) ? await askAboutPrograms(context, there) : 'leave';
  await vscode.commands.executeCommand('mpyFleet.results.focus');
  return context.many.jobs.run(action, there, programs, { signal });
}

function needsPrompt(action: FleetAction): boolean {
  return action.kind !== 'reset';
}

/** Boards that are away: their part can wait until they are back. */
async function withoutAway(
  context: ViewContext,
  action: FleetAction,
  boards: readonly Board[],
): Promise<readonly Board[]> {
  const away = boards.filter((b) => !b.present);
  if (away.length === 0) return boards;
  const later = vscode.l10n.t('Do It When They Are Back');
  const skip = vscode.l10n.t('Leave Them Out');
  const known = away.filter((b) => b.uid !== undefined);
  const answer = await vscode.window.showWarningMessage(
    vscode.l10n.t(
      '{0} of {1} boards are away: {2}',
      away.length,
      boards.length,
      compressHostlist(away.map((b) => b.name)),
    ),
    { modal: true },
    ...(known.length > 0 ? [later] : []),
    skip,
  );
  if (answer === undefined) throw new CancelledError();
  if (answer === later) {
    for (const board of known) await context.many.pending.add(board.uid ?? '', board.name, action);
  }
  return boards.filter((b) => b.present);
}

/** One question for all boards on which a program runs or may run. @throws CancelledError */
export async function askAboutPrograms(
  context: ViewContext,
  boards: readonly Board[],
): Promise<ManyStopAnswer> {
  const running = boards.filter(mayRun);
  if (running.length === 0) return 'leave';
  const always = context.settings.get('run.stopRunningProgram');
  if (always !== 'ask') return always;
  const restart = vscode.l10n.t('Stop and Run Again Afterwards');
  const stop = vscode.l10n.t('Stop');
  const leave = vscode.l10n.t('Leave Those Boards Alone');
  const answer = await vscode.window.showWarningMessage(
    vscode.l10n.t(
      'A program runs, or may run, on {0} of {1} boards',
      running.length,
      boards.length,
    ),
    {
      modal: true,
      detail: vscode.l10n.t(
        '{0}\n\nIt is stopped only where it is in the way.',
        compressHostlist(running.map((b) => b.name)),
      ),
    },
    restart,
    stop,
    leave,
  );
  if (answer === undefined) throw new CancelledError();
  return answer === restart ? 'stopAndRestart' : answer === stop ? 'stop' : 'leave';
}

/** Nobody knows what a board does that has not been heard; behind a broker the work goes on beside the program. */
function mayRun(board: Board): boolean {
  if (board.transport?.can.besideProgram) return false;
  const { tag } = board.state;
  return tag === 'running' || tag === 'connected' || tag === 'disconnected';
}
