import * as l10n from '@vscode/l10n';
import type { AgentControl } from '../agent';
import type { BoardFiles } from '../boardFiles';
import { text, utf8 } from '../bytes';
import { UsageError } from '../errors';
import { orIfMissing, under } from '../files';
import { MAIN_FILE, splitStartLines } from '../files';
import { appsFolder, readBoardApp, writeNote } from './boardNote';
import type { Supervisor } from './deploy';
import { placeSupervisor } from './placeSupervisor';
import { nextRun, type Missed, type When } from './scheduleTimes';

/** A file that the board runs by its own clock (board/app/fleet/plan.py). */
export type BoardSchedule = When & {
  readonly id: string;
  /** The file's path on the board. */
  readonly file: string;
  readonly missed: Missed;
  /** Seconds since 1970. Undefined: it has not run yet, or the board's clock is not set. */
  readonly last?: number;
};

/** A schedule together with the state that the running board reports. */
export type ScheduleState = BoardSchedule & {
  /** Number of runs since the board started. */
  readonly runs?: number;
  /** Why the last run failed. Untrusted text from the board. */
  readonly error?: string;
  /** Milliseconds since 1970. Undefined if the board's clock is not set. */
  readonly next?: number;
};

const PLAN = 'plan.json';
const MOST = 16;
const ID = /^[\w-]{1,32}$/;

/** Reads the board's schedules from its file. Returns none if the file is damaged. */
export async function readPlan(
  files: BoardFiles,
  signal?: AbortSignal,
): Promise<readonly BoardSchedule[]> {
  const path = `${await appsFolder(files, signal)}/${PLAN}`;
  const content = await orIfMissing(files.read(path, signal ? { signal } : {}), undefined);
  return content ? parsePlan(content) : [];
}

/** Reads plan.json, which is untrusted. */
export function parsePlan(content: Uint8Array): readonly BoardSchedule[] {
  let rows: unknown;
  try {
    rows = JSON.parse(text(content));
  } catch {
    return []; // damaged: the next change replaces it
  }
  return Array.isArray(rows) ? rows.slice(0, MOST).flatMap(scheduleOf) : [];
}

/**
 * Asks the board's agent for its schedules.
 * @throws AgentRefusedError without a supervisor that supports them
 */
export async function askPlan(
  control: AgentControl,
  { load = false, signal }: { readonly load?: boolean; readonly signal?: AbortSignal } = {},
): Promise<readonly ScheduleState[]> {
  const answer = await control.askApp({ a: 'plan', ...(load ? { load: 1 } : {}) }, signal);
  const now = typeof answer.u === 'number' && answer.u > 0 ? answer.u * 1_000 : undefined;
  const rows = Array.isArray(answer.plan) ? (answer.plan as unknown[]).slice(0, MOST) : [];
  return rows.flatMap((row) => {
    const [known] = scheduleOf(row);
    if (!known) return [];
    const { n, x } = row as Record<string, unknown>;
    const last = known.last === undefined ? {} : { last: known.last * 1_000 };
    const next = now === undefined ? undefined : nextRun(known, { after: now, utc: true, ...last });
    return [
      {
        ...known,
        ...(typeof n === 'number' ? { runs: n } : {}),
        ...(typeof x === 'string' ? { error: x.slice(0, 1_000) } : {}),
        ...(next === undefined ? {} : { next }),
      },
    ];
  });
}

/**
 * Writes the board's schedules, and the supervisor that runs them if it is missing.
 * @returns whether the board must restart before it follows them
 */
export async function writePlan(
  files: BoardFiles,
  plan: readonly BoardSchedule[],
  supervisor: Supervisor,
  signal?: AbortSignal,
): Promise<boolean> {
  if (plan.length > MOST) throw new UsageError(l10n.t('A board has {0} schedules at most', MOST));
  const options = signal ? { signal } : {};
  const root = await appsFolder(files, signal);
  const app = await readBoardApp(files, signal);
  if (!app && (await hasOwnProgram(files, signal))) {
    throw new UsageError(l10n.t('main.py of this board would no longer run'), {
      hint: l10n.t('Install the agent on the board, or schedule on this computer.'),
    });
  }
  const placed = await placeSupervisor(files, supervisor, signal);
  await files.write(`${root}/${PLAN}`, utf8(JSON.stringify(plan)), options);
  if (app) return placed;
  // The agent loads the supervisor only if run.json exists.
  await writeNote(files, { trial: 0 }, signal);
  return true;
}

/**
 * Returns whether main.py contains a program but does not start the agent. The supervisor never
 * returns, so it would keep that program from running.
 */
async function hasOwnProgram(files: BoardFiles, signal: AbortSignal | undefined): Promise<boolean> {
  const { home } = await files.places(signal);
  const path = under(home, MAIN_FILE);
  const read = files.read(path, signal ? { signal } : {});
  const main = text(await orIfMissing(read, new Uint8Array()));
  return main.trim() !== '' && splitStartLines(main).lines === '';
}

function scheduleOf(row: unknown): BoardSchedule[] {
  if (typeof row !== 'object' || row === null) return [];
  const { id, file, every, cron, missed, last } = row as Record<string, unknown>;
  if (typeof id !== 'string' || !ID.test(id) || typeof file !== 'string') return [];
  const rest = {
    ...{
      id,
      file: file.slice(0, 256),
      missed: missed === 'run' ? ('run' as const) : ('skip' as const),
    },
    ...(typeof last === 'number' && last > 0 ? { last } : {}),
  };
  if (typeof every === 'number' && every >= 1) return [{ ...rest, every }];
  return typeof cron === 'string' && cron.length < 100 ? [{ ...rest, cron }] : [];
}
