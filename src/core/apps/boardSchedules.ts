import * as l10n from '@vscode/l10n';
import type { AgentControl } from '../agent';
import type { BoardFiles } from '../boardFiles';
import { UsageError } from '../errors';
import { under } from '../files';
import { askPlan, readPlan, writePlan, type BoardSchedule, type ScheduleState } from './boardPlan';
import type { Supervisor } from './deploy';
import type { Missed, When } from './scheduleTimes';

/** A board whose schedules are read or changed. */
export interface ScheduleBoard {
  readonly files: BoardFiles;
  /** The board's agent, if it has one and is connected. */
  readonly control: AgentControl | undefined;
  /** Restarts the board: hard through the agent, soft over a cable. */
  readonly restart: (signal: AbortSignal | undefined) => Promise<void>;
}

/** A script that a board runs by its own clock. */
export interface NewBoardSchedule {
  readonly id: string;
  readonly when: When;
  readonly missed: Missed;
  /** Name and content of the script. It is written to the board's home folder. */
  readonly name: string;
  readonly content: Uint8Array;
}

/** Writes the script and schedules it. Replaces a schedule with the same id. @throws UsageError */
export async function addBoardSchedule(
  board: ScheduleBoard,
  { id, when, missed, name, content }: NewBoardSchedule,
  supervisor: Supervisor,
  signal?: AbortSignal,
): Promise<BoardSchedule> {
  const { home } = await board.files.places(signal);
  const file = under(home, `/${name}`);
  await board.files.write(file, content, signal ? { signal } : {});
  const plan = await readPlan(board.files, signal);
  const own: BoardSchedule = { ...when, id, file, missed };
  await put(board, [...plan.filter((s) => s.id !== id), own], supervisor, signal);
  return own;
}

/**
 * Removes a schedule. Its script stays on the board.
 * @throws UsageError when the board has no such schedule
 */
export async function removeBoardSchedule(
  board: ScheduleBoard,
  id: string,
  supervisor: Supervisor,
  signal?: AbortSignal,
): Promise<void> {
  const plan = await readPlan(board.files, signal);
  if (!plan.some((s) => s.id === id)) throw noSchedule(id);
  await put(
    board,
    plan.filter((s) => s.id !== id),
    supervisor,
    signal,
  );
}

/**
 * Lists a board's schedules. The running board answers through its agent; otherwise they are read
 * from its file, without the times of the next runs.
 */
export function boardSchedules(
  { files, control }: Pick<ScheduleBoard, 'files' | 'control'>,
  signal?: AbortSignal,
): Promise<readonly ScheduleState[]> {
  return control ? askPlan(control, signal ? { signal } : {}) : readPlan(files, signal);
}

/** Returns the error for a schedule that does not exist. */
export function noSchedule(name: string): UsageError {
  return new UsageError(l10n.t('There is no schedule "{0}"', name), {
    hint: l10n.t('mpyfleet schedule list shows them; with -b those of boards.'),
  });
}

async function put(
  board: ScheduleBoard,
  plan: readonly BoardSchedule[],
  supervisor: Supervisor,
  signal: AbortSignal | undefined,
): Promise<void> {
  const mustRestart = await writePlan(board.files, plan, supervisor, signal);
  if (board.control && !mustRestart) {
    await askPlan(board.control, { load: true, ...(signal ? { signal } : {}) });
  } else await board.restart(signal);
}
