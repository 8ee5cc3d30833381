import { checkWhen, nextRun, type Missed, type When } from './scheduleTimes';
import { StateList } from './stateList';

/** A command that `mpyfleet watch` runs by the clock. Times in milliseconds since 1970. */
export type Schedule = When & {
  readonly name: string;
  /** Arguments of mpyfleet. */
  readonly command: readonly string[];
  /** The folder in which it runs. */
  readonly cwd: string;
  readonly missed: Missed;
  readonly added: number;
  readonly last?: number;
  /** Exit status of the last run, and the end of its output. */
  readonly status?: number;
  readonly said?: string;
};

/** The schedules of this user. */
export class ScheduleFile extends StateList<Schedule> {
  constructor(env: Readonly<Record<string, string | undefined>>) {
    super(env, 'schedules.json', checkWhen);
  }
}

/** When it runs next, in milliseconds since 1970. */
export function nextOf(schedule: Schedule, now: number): number | undefined {
  const last = schedule.last ?? schedule.added;
  return nextRun(schedule, { after: now, last });
}
