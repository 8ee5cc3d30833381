import { isDue, ScheduleFile, type Schedule } from '../../core/apps';
import { asError } from '../../core/errors';
import type { Disposable } from '../../core/events';
import { printable, type Cli } from '../cli';
import { every } from './watch';
import { mpyfleet } from '../mpyfleet';

/**
 * Milliseconds between two looks at the clock and the file, which other commands may have changed.
 */
const LOOK_MS = 1_000;
/** Number of characters kept of a run's output. */
const MAX_SAID = 2_000;

/** Starts due commands until it is disposed. A command that is still running is not started a second time. */
export function runSchedules(cli: Cli): Disposable {
  const file = new ScheduleFile(cli.env);
  const running = new Set<string>();
  const began = Date.now();
  let complained = '';
  const look = async (): Promise<void> => {
    const now = Date.now();
    for (const schedule of await file.read()) {
      const { name, missed, added, last } = schedule;
      // If missed runs are skipped, runs that were due before this start do not count.
      const since = missed === 'run' ? added : Math.max(added, began);
      const due = isDue(schedule, { now, since, ...(last === undefined ? {} : { last }) });
      if (running.has(name) || !due) continue;
      running.add(name);
      void runOne(cli, file, schedule, now)
        .catch((error: unknown) => cli.err(printable(`${name}: ${asError(error).message}\n`)))
        .finally(() => running.delete(name));
    }
  };
  const timer = every(LOOK_MS, () => {
    look().then(
      () => (complained = ''),
      (error: unknown) => {
        const { message } = asError(error);
        if (message !== complained) cli.err(`mpyfleet: ${printable(message)}\n`);
        complained = message;
      },
    );
  });
  return timer;
}

async function runOne(cli: Cli, file: ScheduleFile, schedule: Schedule, at: number): Promise<void> {
  const { name, command, cwd } = schedule;
  // Written before the run, so that a command that crashes the computer does not run again and
  // again.
  await file.change((all) => all.map((s) => (s.name === name ? { ...s, last: at } : s)));
  let said = '';
  const take = (text: string) => (said = (said + text).slice(-MAX_SAID));
  const status = await mpyfleet(command, {
    ...cli,
    ...{ cwd, columns: undefined, interactive: false, err: take },
    out: (data) => take(typeof data === 'string' ? data : new TextDecoder().decode(data)),
  });
  await file.change((all) => all.map((s) => (s.name === name ? { ...s, status, said } : s)));
  cli.err(`${printable(`${name}: ${status === 0 ? 'done' : `ended with status ${status}`}`)}\n`);
}
