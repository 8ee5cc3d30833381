import { type BoardInfo, clockCode, infoLines, sharedWords } from '../../core/board';
import { text } from '../../core/bytes';
import { FleetError, UsageError } from '../../core/errors';
import { printable, type VerbRun } from '../cli';
import { type CliBoard, loadLinks, runOnBoards } from '../board';

function noArgs(args: readonly string[], verb: string): void {
  if (args.length > 0)
    throw new UsageError(`${verb} takes no arguments, but got "${args.join(' ')}"`);
}

/** `reset [--hard | --safe | --normal]`: safe mode is the agent's, so it needs a broker. */
export const reset: VerbRun = async (cli, args) => {
  noArgs(args, 'reset');
  const modes = (['hard', 'safe', 'normal'] as const).filter((m) => cli.options[m]);
  if (modes.length > 1) throw new UsageError(`reset takes one of --${modes.join(' and --')}`);
  const [mode] = modes;
  return runOnBoards(cli, 'Resetting', async (board, io) => {
    if (mode === 'safe' || mode === 'normal') {
      await (await board.agent()).restart({ mode }, io.signal);
      return;
    }
    const transport = await board.transport(io.signal);
    await transport.reset(cli.options.hard ? 'hard' : 'soft', io.signal);
  });
};

/** Said below the facts of a board whose key may only view. */
const ONLY_ANNOUNCED =
  "The board announced this when it connected. Memory and clock are read by code, which this computer's key for the board may not run.";

/**
 * Returns what a board behind a broker has announced, if its key does not allow running code.
 * @throws the error, if it is another one
 */
async function announcedFacts(
  board: CliBoard,
  error: unknown,
): Promise<Partial<BoardInfo> & { announced: true }> {
  const { address } = board;
  const isRefused = error instanceof FleetError && error.code === 'agentRefused';
  const birth = isRefused && address.kind === 'mqtt' ? (await board.agent()).birth : undefined;
  // An older agent refuses for another reason than the key.
  if (!birth || birth.proto < 2 || address.kind !== 'mqtt') throw error;
  const { infoOf } = await import('../../transports/mqtt');
  return { ...infoOf(address.uid, birth), announced: true };
}

/** `info`: prints the board's description of itself. */
export const info: VerbRun = async (cli, args) => {
  noArgs(args, 'info');
  const links = await loadLinks(cli);
  const names = new Map<string, string>();
  return runOnBoards(cli, 'Asking', async (board, io) => {
    const facts: Partial<BoardInfo> & { announced?: true } = await board
      .withSession((session) => links.readInfo(session, io.signal), { signal: io.signal })
      .catch((error: unknown) => announcedFacts(board, error));
    const { uid } = facts;
    const twin = uid === undefined ? undefined : names.get(uid);
    if (uid !== undefined && twin !== undefined) {
      const shared = sharedWords({ what: 'uid', value: uid, of: [twin, board.name] });
      cli.err(
        `${printable(shared)}; name them by their ports, and expect them to share a package list\n`,
      );
    } else if (uid !== undefined) names.set(uid, board.name);
    for (const [name, value] of infoLines(facts)) {
      io.say(`${`${name}:`.padEnd(12)} ${printable(value)}\n`);
    }
    if (facts.announced) io.say(`${ONLY_ANNOUNCED}\n`);
    return facts;
  });
};

/**
 * Prints year, month, day, hours, minutes and seconds. CircuitPython has no machine.RTC, but its
 * time follows its clock.
 */
const READ_CLOCK =
  'import time\nprint("%d-%02d-%02d %02d:%02d:%02d" % tuple(time.localtime()[:6]))';

/** `rtc [--set]`: prints the board's clock, or sets it to this computer's time. */
export const rtc: VerbRun = async (cli, args) => {
  noArgs(args, 'rtc');
  return runOnBoards(cli, cli.options.set ? 'Setting the clock' : 'Asking', async (board, io) => {
    const { signal } = io;
    return board.withSession(
      async (session) => {
        if (cli.options.set) await session.exec(clockCode(new Date()), { signal });
        const time = text(await session.exec(READ_CLOCK, { signal })).trim();
        io.say(`${printable(time)}\n`);
        return { time };
      },
      { signal },
    );
  });
};

/** `bootloader`: makes the board leave MicroPython and wait for new firmware. */
export const bootloader: VerbRun = async (cli, args) => {
  noArgs(args, 'bootloader');
  return runOnBoards(cli, 'Starting the bootloader', async (board, io) => {
    const { enterBootloader } = await import('../../core/flash/bootloader');
    await enterBootloader((session, options) => board.withSession(session, options), {
      signal: io.signal,
    });
    io.say(
      'The board is in its bootloader; it returns once it is reset or new firmware has been written\n',
    );
  });
};
