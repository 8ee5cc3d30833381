import { checkWhen, nextRun, type Missed, type When } from './scheduleTimes';
import { StateList } from './stateList';

/** A command that `mpyfleet watch` runs at its times. Times are in milliseconds since 1970. */
export type Schedule = When & {
  readonly name: string;
  /** Arguments of `mpyfleet`. */
  readonly command: readonly string[];
  /** The folder in which the command runs. */
  readonly cwd: string;
  readonly missed: Missed;
  readonly added: number;
  readonly last?: number;
  /** Exit status and end of the output of the last run. */
  readonly status?: number;
  readonly said?: string;
};

/** The schedules of this user. */
export class ScheduleFile extends StateList<Schedule> {
  constructor(env: Readonly<Record<string, string | undefined>>) {
    super(env, 'schedules.json', checkWhen);
  }
}

/** Returns the time of the next run, in milliseconds since 1970. */
export function nextOf(schedule: Schedule, now: number): number | undefined {
  const last = schedule.last ?? schedule.added;
  return nextRun(schedule, { after: now, last });
}
