import * as vscode from 'vscode';
import type { Board, ManyStopAnswer } from '../../core/board';
import { CancelledError, UsageError } from '../../core/errors';
import {
  compressHostlist,
  type FleetAction,
  type FleetJob,
  runAction,
  sortByName,
} from '../../core/many';
import type { Needs } from '../../views/context';
import { showWarningMessage } from '../../views/message';
import { offerUndoOfReplaced } from '../offerUndo';
import type { Call } from '../types';
import { transferProgress } from '../transferProgress';
import { awayQuestion } from './awayQuestion';

/**
 * Does an action on the boards of a command. For one board, the command shows progress and a
 * message; for several, the Results view shows both.
 * @returns the board, if there was only one
 * @throws the error of a single board; CancelledError
 */
export async function runOnBoards(
  context: Needs<'log' | 'settings' | 'many'>,
  action: FleetAction,
  boards: readonly Board[],
  { signal, report, ask }: Pick<Call, 'signal' | 'report' | 'ask'>,
): Promise<Board | undefined> {
  const [board, second] = boards;
  if (board && !second) {
    const replaced = (_board: Board, count: number, paths: readonly string[]) =>
      offerUndoOfReplaced(context, board, count, paths);
    const progress = transferProgress({ report });
    const io = { signal, print: () => undefined, progress, replaced };
    await runAction(board, action, io, context.many.jobs.forJobs);
    return board;
  }
  // The Results view shows the progress.
  await ask(() => startJob(context, action, boards, signal));
  return undefined;
}

/**
 * Runs an action on boards: asks once about running programs and boards that are away, shows the
 * results view, and starts. The results are in the order of the tree. `answered`: how to treat running programs, if the user has already been
 * asked.
 * @throws CancelledError when the user cancels
 */
export async function startJob(
  context: Needs<'settings' | 'many'>,
  action: FleetAction,
  boards: readonly Board[],
  signal?: AbortSignal,
  answered?: ManyStopAnswer,
): Promise<FleetJob | undefined> {
  const there = await withoutAway(context, action, boards);
  if (there.length === 0) return undefined;
  const programs =
    answered ?? (needsPrompt(action) ? await askAboutPrograms(context, there) : 'leave');
  await vscode.commands.executeCommand('mpyFleet.results.focus');
  return context.many.jobs.run(action, sortByName(there), programs, { signal });
}

/** Repeats the job on the boards where it failed. Asks again about boards that are now away. */
export async function retryJob(context: Needs<'many'>, job: FleetJob): Promise<void> {
  if (job.running) return;
  const there = await withoutAway(context, job.action, job.unfinished);
  if (there.length > 0) await context.many.jobs.retry(job, there);
}

function needsPrompt(action: FleetAction): boolean {
  return action.kind !== 'reset';
}

/**
 * Returns the connected boards. The user decides about the others: the action can wait until they are back.
 * @throws CancelledError; UsageError when every board is away and the action cannot wait
 */
export async function withoutAway(
  context: Needs<'many'>,
  action: FleetAction,
  boards: readonly Board[],
): Promise<readonly Board[]> {
  const away = boards.filter(isAway);
  if (away.length === 0) return boards;
  const known = action.kind === 'work' ? [] : away.filter((b) => b.uid !== undefined);
  const someAreHere = away.length < boards.length;
  const { text, detail, hint, later, skip } = awayQuestion(away, boards.length);
  // There is nothing to choose: no board is here, and none can be waited for.
  if (known.length === 0 && !someAreHere) throw new UsageError(text, { hint });
  const answer = await showWarningMessage(
    text,
    { modal: true, ...(detail !== undefined && { detail }) },
    ...(known.length > 0 ? [later] : []),
    ...(someAreHere ? [skip] : []),
  );
  if (answer === undefined) throw new CancelledError();
  if (answer === later) {
    for (const board of known) await context.many.later(board, action);
  }
  return boards.filter((b) => !isAway(b));
}

/**
 * Returns whether a board is away. A link that was just lost counts as present until the next port
 * scan, a moment later.
 */
function isAway({ present, state }: Board): boolean {
  return !present || state.tag === 'reconnecting';
}

/** Asks one question for all boards on which a program runs or may run. @throws CancelledError */
export async function askAboutPrograms(
  context: Needs<'settings'>,
  boards: readonly Board[],
): Promise<ManyStopAnswer> {
  const running = boards.filter(mayRun);
  if (running.length === 0) return 'leave';
  const always = context.settings.get('run.stopRunningProgram');
  if (always !== 'ask') return always;
  const restart = vscode.l10n.t('Stop and Restart Afterwards');
  const stop = vscode.l10n.t('Stop');
  const leave = vscode.l10n.t('Leave Those Boards Alone');
  const answer = await showWarningMessage(
    boards.length === 1
      ? vscode.l10n.t('A program is or may be running on the board')
      : vscode.l10n.t(
          'A program is or may be running on {0} of {1} boards',
          running.length,
          boards.length,
        ),
    {
      modal: true,
      detail: vscode.l10n.t(
        '{0}\n\nIt is stopped only on boards where the command needs the prompt.',
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

/**
 * Returns whether a program may be running. The activity of a board that has sent nothing is
 * unknown; behind a broker, work runs alongside the program.
 */
function mayRun(board: Board): boolean {
  if (board.transport?.can.besideProgram) return false;
  const { tag } = board.state;
  return tag === 'running' || tag === 'connected' || tag === 'disconnected';
}
