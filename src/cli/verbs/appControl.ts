import { parseIntervals } from '../../core/apps';
import { untilThere } from '../../core/broker/announced';
import { UsageError } from '../../core/errors';
import { printable, type Cli } from '../cli';
import { type CliBoard, runOnBoards } from '../board';
import type { AtBroker } from '../broker';

/** `app set worker=5 sleep=600`: changes intervals of the running app. They survive restarts. */
export function setIntervals(cli: Cli, args: readonly string[]): Promise<number> {
  const set = parseIntervals(args.join(' '));
  return runOnBoards(cli, 'Changing intervals', async (board, io) => {
    const { control } = await awakeAgent(cli, board, io.signal);
    const { app, every } = await control.askApp({ a: 'set', ...set }, io.signal);
    io.say(`${printable(`${String(app)}: ${JSON.stringify(every)}`)}\n`);
    return { app, every };
  });
}

/** `app awake SECONDS`: keeps sleeping boards awake, from now on or from when they wake up. */
export function keepAwake(cli: Cli, args: readonly string[]): Promise<number> {
  const [text, ...more] = args;
  const seconds = Number(text);
  if (text === undefined || more.length > 0 || !(seconds >= 0 && seconds <= 86_400)) {
    throw new UsageError('app awake needs a time of 0 to 86400 seconds', {
      hint: 'mpyfleet -b logger app awake 600',
    });
  }
  return runOnBoards(cli, 'Keeping awake', async (board, io) => {
    const { control } = await awakeAgent(cli, board, io.signal);
    await control.askApp({ a: 'awake', s: seconds }, io.signal);
    io.say(seconds === 0 ? 'sleeps again\n' : `stays awake for ${seconds} s\n`);
    return { awake: seconds };
  });
}

/**
 * Returns the agent of a board; waits until a sleeping board is awake.
 * @throws UsageError without an agent
 */
async function awakeAgent(cli: Cli, board: CliBoard, signal: AbortSignal): Promise<AtBroker> {
  const agent = await board.brokersLink.agentAt(board.address);
  if (!agent) throw new UsageError(`${board.name} is not behind a broker`);
  const state = agent.broker.presences.get(agent.uid);
  if (state?.on === false && state.sleep) {
    cli.err(printable(`${board.name} is asleep; waiting until it wakes up\n`));
    const ms = cli.options.waitMs ?? (120 + state.sleep.seconds * 1.1) * 1_000;
    await untilThere(agent.broker, agent.uid, signal, ms);
  }
  return agent;
}
