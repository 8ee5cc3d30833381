import { readFile } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { counted } from '../../core/counted';
import {
  addBoardSchedule,
  boardSchedules,
  checkWhen,
  nextOf,
  noSchedule,
  removeBoardSchedule,
  type Schedule,
  type ScheduleBoard,
  ScheduleFile,
  type ScheduleState,
  whenText,
  type Missed,
  type When,
} from '../../core/apps';
import { UsageError } from '../../core/errors';
import { shownTime } from '../../core/shownTime';
import { bundledFiles } from '../files';
import { printable, type Cli, type VerbRun } from '../cli';
import { type CliBoard, runOnBoards } from '../board';
import { findVerb, readCommandLines } from '../table';

/** `schedule add|list|remove`: timed commands on this computer and on boards. */
export const run: VerbRun = (cli, args) => {
  const [action = '', name, ...rest] = args;
  if (action === 'list' && name === undefined) return list(cli);
  if (action === 'add' && name !== undefined && rest.length > 0) {
    if (!/^[\w-]{1,32}$/.test(name)) {
      throw new UsageError(`"${name}" is not a name: use letters, digits, "-" and "_"`);
    }
    return cli.options.onBoard ? addOnBoards(cli, name, rest) : add(cli, name, rest);
  }
  if (action === 'remove' && name !== undefined && rest.length === 0) return remove(cli, name);
  throw new UsageError('schedule needs add NAME COMMAND, list or remove NAME', {
    hint: "mpyfleet -b lab schedule add morning --cron '30 7 * * 1-5' run water.py",
  });
};

function whenOf({ options }: Cli): When {
  const { cron, everySeconds } = options;
  if ((cron === undefined) === (everySeconds === undefined)) {
    throw new UsageError('Give either --cron or --every');
  }
  const when = cron === undefined ? { every: everySeconds ?? 0 } : { cron };
  checkWhen(when);
  return when;
}

function missedOf({ options }: Cli): Missed {
  const { missed = 'skip' } = options;
  if (missed === 'run' || missed === 'skip') return missed;
  throw new UsageError(`--missed is run or skip, not "${missed}"`);
}

async function add(cli: Cli, name: string, words: readonly string[]): Promise<number> {
  const when = whenOf(cli);
  const { board = [], stop, restart, timeoutMs } = cli.options;
  const command = [
    ...board.flatMap((b) => ['-b', b]),
    ...(stop ? ['--stop'] : []),
    ...(restart ? ['--restart'] : []),
    ...(timeoutMs === undefined ? [] : ['--timeout', String(timeoutMs / 1_000)]),
    ...words,
  ];
  for (const { verb = '' } of readCommandLines(command)) {
    const known = findVerb(verb);
    if (
      !known ||
      ['watch', 'serve', 'share', 'repl', 'log', 'edit', 'schedule'].includes(known.name)
    ) {
      throw new UsageError(`"${verb}" cannot be scheduled`, {
        hint: 'Give a command that ends: run, script, message send, sync, reset …',
      });
    }
  }
  const schedule: Schedule = {
    ...when,
    ...{ name, command, cwd: cli.cwd, missed: missedOf(cli), added: Date.now() },
  };
  await new ScheduleFile(cli.env).change((all) => [
    ...all.filter((s) => s.name !== name),
    schedule,
  ]);
  cli.out(printable(`${name}: ${whenText(when)}, next ${shown(nextOf(schedule, Date.now()))}\n`));
  cli.err('mpyfleet watch runs it\n');
  return 0;
}

async function addOnBoards(cli: Cli, name: string, words: readonly string[]): Promise<number> {
  const [local, ...more] = words;
  if (local === undefined || more.length > 0) {
    throw new UsageError('With --on-board give one local file', {
      hint: 'mpyfleet -b kitchen schedule add blink --every 60 --on-board blink.py',
    });
  }
  const when = whenOf(cli);
  const missed = missedOf(cli);
  const content = await readFile(resolve(cli.cwd, local));
  return runOnBoards(cli, 'Scheduling', async (board, io) => {
    const own = await addBoardSchedule(
      await partOf(board, io.signal),
      { id: name, when, missed, name: basename(local), content },
      await bundledFiles('fleet'),
      io.signal,
    );
    io.say(printable(`${name}: ${whenText(when)}, ${own.file}\n`));
    return own;
  });
}

async function partOf(board: CliBoard, usual: AbortSignal): Promise<ScheduleBoard> {
  const agent = await board.brokersLink.agentAt(board.address);
  return {
    files: board.files,
    control: agent?.control,
    restart: async (signal = usual) => {
      await (await board.transport(signal)).reset(agent ? 'hard' : 'soft', signal);
    },
  };
}

async function remove(cli: Cli, name: string): Promise<number> {
  if (cli.options.board ?? cli.env.MPYFLEET_BOARD) {
    return runOnBoards(cli, 'Removing', async (board, io) => {
      const supervisor = await bundledFiles('fleet');
      await removeBoardSchedule(await partOf(board, io.signal), name, supervisor, io.signal);
      io.say(`${name} removed\n`);
      return { removed: name };
    });
  }
  const file = new ScheduleFile(cli.env);
  if (!(await file.read()).some((s) => s.name === name)) throw noSchedule(name);
  await file.change((all) => all.filter((s) => s.name !== name));
  cli.out(`${name} removed\n`);
  return 0;
}

async function list(cli: Cli): Promise<number> {
  if (cli.options.board ?? cli.env.MPYFLEET_BOARD) {
    return runOnBoards(cli, 'Schedules', async (board, io) => {
      const plan = await boardSchedules(await partOf(board, io.signal), io.signal);
      for (const s of plan) {
        const { next, error, runs }: Partial<ScheduleState> = s;
        const words = [s.id, whenText(s), s.file, `last ${shown(s.last && s.last * 1_000)}`];
        if (next !== undefined) words.push(`next ${shown(next)}`);
        if (runs !== undefined) words.push(`${counted(runs, 'run')} since the start`);
        io.say(printable(`${[...words, ...(error ? [error.trimEnd()] : [])].join('  ')}\n`));
      }
      return plan;
    });
  }
  const now = Date.now();
  const all = await new ScheduleFile(cli.env).read();
  const rows = all.map((s) => ({ ...s, next: nextOf(s, now) }));
  if (cli.options.json) cli.out(`${JSON.stringify(rows, undefined, 2)}\n`);
  else {
    for (const s of rows) {
      const ended =
        s.status === undefined ? '' : s.status === 0 ? ' (ok)' : ` (status ${s.status})`;
      const times = `last ${shown(s.last)}${ended}  next ${shown(s.next)}`;
      cli.out(printable(`${s.name}  ${whenText(s)}  ${times}  ${s.command.join(' ')}\n`));
    }
  }
  return 0;
}

/** Formats a time in milliseconds since 1970 for people. */
function shown(at: number | undefined): string {
  return at ? shownTime(at) : 'never';
}
