import { counted } from '../../core/counted';
import { delay, systemClock } from '../../core/async';
import { AppCommands, isOpen, MessageCollector, messageJson, messagesCsv } from '../../core/apps';
import { asError, TimeoutError, UsageError } from '../../core/errors';
import { parseTime } from '../../core/timeText';
import { shownMinute } from '../../core/shownTime';
import { wakesAt } from '../../core/agent';
import type { AtBroker } from '../broker';
import type { CommandRow, MessageRow, Store } from '../../core/store';
import { chooseBoards, type Links, loadLinks, runOnBoards } from '../board';
import { printable, type Cli, type VerbRun } from '../cli';
import { openHistory } from '../fleet';

/**
 * Intervals in milliseconds: how often a board is asked whether its app has answered, and the time
 * limit without --timeout.
 */
const ASK_MS = 300;
const PATIENCE_MS = 15_000;
const PAGE = 1_000;

/** `messages get`: prints messages of apps, from the store and from connected boards. */
export const get: VerbRun = async (cli, args) => {
  if (args[0] !== 'get' || args.length > 1) {
    throw new UsageError('messages needs the action get', { hint: 'mpyfleet messages get' });
  }
  const { options } = cli;
  if (options.json && options.csv) throw new UsageError('--json and --csv exclude each other');
  const period = {
    ...(options.from === undefined ? {} : { from: parseTime(options.from, Date.now()) }),
    ...(options.to === undefined ? {} : { to: parseTime(options.to, Date.now()) }),
  };
  const links = await loadLinks(cli);
  const store = openHistory(cli);
  try {
    const names = await fetchAll(cli, links, store);
    const rows: MessageRow[] = [];
    let dropped = 0;
    for (let after: number | undefined = 0; after !== undefined;) {
      const page = await store.messages({
        ...{ ...period, after, limit: PAGE },
        ...(names.size > 0 ? { uids: [...names.keys()] } : {}),
      });
      rows.push(...page.rows);
      ({ dropped, next: after } = page);
    }
    print(cli, rows, names);
    if (dropped > 0) {
      cli.err(`Boards dropped ${counted(dropped, 'message')} before sending\n`);
    }
    return 0;
  } finally {
    await store.close();
    await links.close();
  }
};

/** Fetches messages from the connected boards of -b. Returns the names of the boards by uid; without -b everything stored is printed. */
async function fetchAll(cli: Cli, links: Links, store: Store): Promise<Map<string, string>> {
  const names = new Map<string, string>();
  if (cli.options.board === undefined && !cli.env.MPYFLEET_BOARD) return names;
  const boards = await chooseBoards(cli, links);
  await Promise.all(
    boards.map(async (board) => {
      const agent = await links.brokers.agentAt(board.address);
      if (!agent) {
        throw new UsageError(`${board.name} is not behind a broker`, {
          hint: 'Apps of boards on a cable print their messages: mpyfleet log shows them.',
        });
      }
      names.set(agent.uid, board.name);
      if (!agent.control.birth) return;
      const collector = new MessageCollector(undefined, store, cli.log);
      try {
        await collector.fetch(agent.uid, agent.control, cli.signal);
      } catch (error) {
        cli.err(`mpyfleet: ${printable(`${board.name}: ${asError(error).message}`)}\n`);
      } finally {
        collector.dispose();
      }
    }),
  );
  return names;
}

function print(cli: Cli, rows: readonly MessageRow[], names: ReadonlyMap<string, string>): void {
  const name = (uid: string) => names.get(uid) ?? uid;
  if (cli.options.csv) cli.out(messagesCsv(rows, name));
  else if (cli.options.json) {
    const all = rows.map((row) => messageJson(row, name(row.uid)));
    cli.out(`${JSON.stringify(all, undefined, 2)}\n`);
  } else {
    for (const row of rows) {
      const time = new Date(row.at).toISOString();
      cli.out(`${printable(`${time}  ${name(row.uid)}  ${row.data}`.replaceAll('\n', ' '))}\n`);
    }
  }
}

/** `message send TEXT`: hands a message to the apps and waits for their answers. */
export const send: VerbRun = async (cli, args) => {
  const [action, text, ...more] = args;
  if (action !== 'send' || text === undefined || more.length > 0) {
    throw new UsageError('message send needs one text', {
      hint: 'mpyfleet -b kitchen message send "green:on"',
    });
  }
  const store = openHistory(cli);
  const commands = new AppCommands(store);
  try {
    return await runOnBoards(cli, 'Sending', async (board, io) => {
      const agent = await board.brokersLink.agentAt(board.address);
      if (!agent) throw new UsageError(`${board.name} is not behind a broker`);
      const command = await commands.sendAndWait(agent.uid, text, agent.control, {
        patienceMs: cli.options.timeoutMs ?? PATIENCE_MS,
        wait: () => delay(systemClock, ASK_MS, io.signal),
        ...(cli.options.waitMs === undefined ? {} : { lifeMs: cli.options.waitMs }),
        signal: io.signal,
      });
      io.say(`${printable(words(command, agent))}\n`);
      if (command.state === 'failed') throw new UsageError(command.error ?? 'failed');
      if (isOpen(command.state) && agent.control.birth) {
        throw new TimeoutError(`${board.name} has not answered yet`, {
          hint: 'The message stays with the board; mpyfleet watch stores the answer.',
        });
      }
      return { id: command.id, state: command.state, reply: command.reply ?? null };
    });
  } finally {
    await store.close();
  }
};

function words({ state, reply }: CommandRow, { broker, uid }: AtBroker): string {
  if (state === 'done') return reply ?? 'done';
  if (state !== 'queued') return state;
  const presence = broker.presences.get(uid);
  const now = Date.now();
  const until = presence?.on === false && presence.sleep ? wakesAt(presence.sleep, now) : now;
  return until > now
    ? `queued: the board sleeps until ${shownMinute(until, now)}`
    : 'queued: the board is away';
}
