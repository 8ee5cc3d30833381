import type { Board, ManyStopAnswer } from '../../core/board';
import type { ActionIo } from '../../core/many';
import { showInformationMessage } from '../../views/message';
import type { Needs } from '../../views/context';
import { startJob } from '../fleet';
import type { Call } from '../types';

/** Reports the steps of an agent command, on one board or on many. */
export interface WorkIo {
  readonly signal: AbortSignal;
  /** Reports that a step begins after `done` of `total` steps. */
  readonly step: (words: string, done: number, total: number) => void;
}

/** The work of a command on each of its boards, after all questions. */
export interface EachWork {
  /** Title of the results, for several boards. */
  readonly title: string;
  /** @returns how it ended, in the same words on every board with the same outcome */
  readonly run: (board: Board, io: WorkIo) => Promise<string>;
  /** Returns the message for one board; undefined if none is needed. */
  readonly told?: (board: Board, ended: string) => string;
  /** How to treat running programs, if the user has already been asked. */
  readonly programs?: ManyStopAnswer;
}

/**
 * Does the work: on one board with a progress and a message, on several with a table of results.
 */
export async function onEach(
  context: Needs<'settings' | 'many'>,
  boards: readonly Board[],
  call: Call,
  { title, run, told, programs }: EachWork,
): Promise<void> {
  const [only, second] = boards;
  if (only && !second) {
    const step = (words: string, done: number, total: number) => call.report(words, done, total);
    const work = () => run(only, { signal: call.signal, step });
    const ended = programs
      ? await context.many.jobs.stopPolicies.during(only, programs, work)
      : await work();
    if (told) void showInformationMessage(told(only, ended));
    return;
  }
  const work = async (board: Board, io: ActionIo) => {
    const step = (_words: string, done: number, total: number) => io.progress?.(done, total);
    const ended = await run(board, { signal: io.signal, step });
    if (ended !== '') io.print(`${ended}\n`);
  };
  await startJob(context, { kind: 'work', title, work }, boards, call.signal, programs);
}
