import { resolve } from 'node:path';
import { UsageError } from '../../core/errors';
import { compressHostlist, expandHostlist } from '../../core/many';
import {
  type AuditEntry,
  type HistoryQuery,
  historyToCsv,
  historyToJson,
  statusOf,
  type Store,
  Timeline,
} from '../../core/store';
import { parseTime } from '../../core/timeText';
import { shownTime } from '../../core/shownTime';
import { printable, type Cli, type VerbRun } from '../cli';
import { openHistory } from '../fleet';

/** Default number of entries shown. */
const SHOWN = 50;
const PAGE = 500;

/** `audit [TEXT]`: lists operations from this computer's shells, newest first. */
export const run: VerbRun = async (cli, args) => {
  if (args.length > 1) throw new UsageError('audit takes one search text; put it in quotes');
  const { csv, json } = cli.options;
  if (csv && json) throw new UsageError('--csv and --json exclude each other');
  const query = queryOf(cli, args[0]);
  const history = openHistory(cli, cli.options.file && resolve(cli.cwd, cli.options.file));
  try {
    const found = await find(cli, history, query);
    const rows = found.map((entry) => ({ type: 'operation', entry }) as const);
    if (json) cli.out(historyToJson(rows));
    else if (csv) cli.out(historyToCsv(rows));
    else if (found.length > 0) cli.out(printable(found.map(line).join('')));
    else cli.err('Nothing was found.\n');
    return 0;
  } finally {
    await history.close();
  }
};

/** Returns the query for the options. @throws UsageError */
function queryOf({ options }: Cli, text: string | undefined): HistoryQuery {
  const { since, until, result } = options;
  const status = (['ok', 'failed', 'cancelled'] as const).find((s) => s === result);
  if (result !== undefined && !status) {
    throw new UsageError(`--result is ok, failed or cancelled, not "${result}"`);
  }
  const now = Date.now();
  return {
    type: 'operations',
    ...(status && { status }),
    ...(text === undefined ? {} : { text }),
    ...(since === undefined ? {} : { from: parseTime(since, now) }),
    ...(until === undefined ? {} : { to: parseTime(until, now) }),
  };
}

async function find(cli: Cli, history: Store, query: HistoryQuery): Promise<AuditEntry[]> {
  const { board, limit = SHOWN } = cli.options;
  const names = board && new Set(board.flatMap((list) => expandHostlist(list)));
  const timeline = new Timeline(history, query);
  const found: AuditEntry[] = [];
  for (;;) {
    const rows = await timeline.next(PAGE);
    for (const { entry } of rows) {
      if (!('boards' in entry)) continue;
      const named = (text = '') => names?.has(text) ?? true;
      if (entry.boards.some((b) => named(b.name) || named(b.uid))) found.push(entry);
    }
    if (found.length >= limit || rows.length < PAGE || cli.signal.aborted) {
      return found.slice(0, limit);
    }
  }
}

function line(entry: AuditEntry): string {
  const { at, who, what, ms, boards } = entry;
  const bad = boards.filter((b) => b.status !== 'ok');
  const failures = bad.map((b) => `    ${b.name}: ${b.error ?? b.status}\n`).join('');
  const names = compressHostlist(boards.map((b) => b.name));
  const seconds = `${(ms / 1000).toFixed(1)} s`;
  return `${[shownTime(at), who, statusOf(entry), seconds, what, names].filter(Boolean).join('  ')}\n${failures}`;
}
