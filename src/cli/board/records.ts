import {
  formatEntry,
  isWanted,
  keptRecords,
  LEVELS,
  LogSequences,
  type LogBatch,
  type LogEntry,
  type LogFilter,
  type LogLevel,
} from '../../core/agent';
import { abortable, Deferred, systemClock } from '../../core/async';
import { utf8 } from '../../core/bytes';
import { UsageError } from '../../core/errors';
import { parseTime } from '../../core/timeText';
import { printable, type Cli } from '../cli';
import type { CliBoard } from './cliBoard';
import type { BoardIo } from './runOnBoards';

const LEVEL_NAMES: Readonly<Record<string, LogLevel>> = {
  ...{ debug: 'D', info: 'I', warning: 'W', error: 'E', critical: 'C' },
};

/** Selects the records to print of boards with the agent. */
export interface RecordFilter extends LogFilter {
  /** Milliseconds since 1970. */
  readonly from?: number;
  readonly to?: number;
}

/**
 * Returns the filter of --level, --logger, --since and --until; undefined if none of them is given.
 * @throws UsageError
 */
export function recordFilter({ options }: Cli, now = Date.now()): RecordFilter | undefined {
  const { level, logger, since, until } = options;
  if ((level ?? logger ?? since ?? until) === undefined) return undefined;
  const lowest = level === undefined ? undefined : LEVEL_NAMES[level.toLowerCase()];
  if (level !== undefined && lowest === undefined) {
    throw new UsageError(`--level is one of ${Object.keys(LEVEL_NAMES).join(', ')}`);
  }
  return {
    ...(lowest === undefined ? {} : { level: lowest, withoutPrinted: lowest !== LEVELS[0] }),
    ...(logger === undefined ? {} : { logger }),
    ...(since === undefined ? {} : { from: parseTime(since, now) }),
    ...(until === undefined ? {} : { to: parseTime(until, now) }),
  };
}

/**
 * Prints the records that a board has kept, then new ones as they arrive, until --until, --timeout
 * or Ctrl-C.
 * @throws UsageError for a board without the agent
 */
export async function printRecords(
  board: CliBoard,
  filter: RecordFilter,
  io: BoardIo,
): Promise<void> {
  const { control, broker, uid } = await board.overTheAir();
  const sequences = new LogSequences();
  const show = (entry: LogEntry) => {
    const { from = -Infinity, to = Infinity } = filter;
    if (entry.at < from || entry.at > to || !isWanted(entry, filter)) return;
    io.printNow(utf8(printable(formatEntry(entry, board.name, control.birth?.zone))));
  };
  const take = (batch: LogBatch) => sequences.take(uid, batch).forEach(show);
  // New records wait until the earlier ones have been printed.
  let held: LogBatch[] | undefined = [];
  const ended = new Deferred<undefined>();
  const listening = broker.onLog(({ uid: who, batch }) => {
    if (who !== uid) return;
    if (held) held.push(batch);
    else take(batch);
  });
  const wait = (filter.to ?? Infinity) - Date.now();
  // A timer takes at most 2^31 ms. One day is enough for a shell.
  const timer = systemClock.after(Math.max(0, Math.min(wait, 86_400_000)), () =>
    ended.resolve(undefined),
  );
  try {
    if (control.birth) for await (const batch of keptRecords(control, io.signal)) take(batch);
    for (const batch of held) take(batch);
    held = undefined;
    await abortable(ended.promise, io.signal);
  } finally {
    timer.dispose();
    listening.dispose();
  }
}
