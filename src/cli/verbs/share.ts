import {
  type BoardKey,
  keyForRole,
  keyText,
  newBoardKey,
  ROLES,
  type Role,
} from '../../core/agent';
import { readInfo } from '../../core/board';
import { aborted, awaitedLater } from '../../core/async';
import { ConnectError, ConnectionLostError, UsageError } from '../../core/errors';
import { isLoopback } from '../../core/broker/brokerProfiles';
import { mqttAddress } from '../../core/parseAddress';
import { sharedFacts } from '../../core/share/sharedFacts';
import type { SharedFacts } from '../../core/share/sharedLine';
import { TransportLine } from '../../core/share/transportLine';
import { type BoardIo, type CliBoard, runOnBoards } from '../board';
import { printable, type Cli, type VerbRun } from '../cli';

/**
 * `share [BOARD] --broker ID [--role ROLE]`: acts as the agent of a board on this computer's cable,
 * until Ctrl-C.
 */
export const run: VerbRun = (cli, args) => {
  const [named, ...more] = args;
  if (more.length > 0) throw new UsageError('share takes at most one board; name several with -b');
  const { broker } = cli.options;
  if (broker === undefined) {
    throw new UsageError('share needs the broker through which colleagues reach the board', {
      hint: 'Add --broker ID, one of those in fleet.json.',
    });
  }
  const role = ROLES.find((r) => r === cli.options.role);
  if (cli.options.role !== undefined && !role) {
    throw new UsageError('--role is viewer, operator or admin');
  }
  const options = named === undefined ? cli.options : { ...cli.options, board: [named] };
  return runOnBoards({ ...cli, options }, 'Sharing', (board, io) =>
    share(cli, board, { broker, role }, io),
  );
};

async function share(
  cli: Cli,
  board: CliBoard,
  { broker, role }: { broker: string; role: Role | undefined },
  io: BoardIo,
): Promise<null> {
  const { kind } = board.address;
  if (kind === 'mqtt' || kind === 'mqboard') {
    throw new UsageError(`${board.name} is already connected to a broker`, {
      hint: 'Give a colleague a key of it: mpyfleet keys add NAME',
    });
  }
  const facts = await factsOf(board, io.signal);
  const profile = await freeAt(board, broker, facts.uid);
  const key = await adminKey(board, facts.uid);
  const transport = await board.transport(io.signal);
  const { SessionFiles } = await import('../../core/files/sessionFiles');
  const { SharedBoard } = await import('../../transports/shared/sharedBoard');
  const password = cli.env.MPYFLEET_SHARE_PASSWORD ?? board.brokersLink.password(profile);
  const line = new TransportLine(transport, (withSession) => new SessionFiles(withSession));
  const shared = new SharedBoard({
    ...{ profile: loginOf(cli, profile), facts, line, log: cli.log, adminKey: key.key },
    secrets: {
      password: (_, wrong) => Promise.resolve(wrong ? undefined : password),
    },
  });
  const lost = new Promise<never>((_, reject) => {
    transport.onClose((cause) => reject(linkLost(board.name, cause)));
  });
  awaitedLater(lost); // the link may be lost while the sharing starts
  try {
    await shared.start(io.signal).catch((error: unknown) => loginNeeded(error, facts.uid));
    shared.onSession((s) =>
      cli.err(`${printable(board.name)}: a colleague is connected, as ${s.role}\n`),
    );
    io.say(printable(words(facts, broker, role && keyOf(key, facts.uid, role))));
    if (isLoopback(profile)) {
      cli.err(
        `${broker} is at ${profile.url}, which only this computer can reach: colleagues on others need its address in the network\n`,
      );
    }
    await Promise.race([aborted(io.signal), lost]);
  } finally {
    await shared.stop(io.signal.aborted ? 'stopped' : 'unplugged');
    line.dispose();
  }
  return null;
}

/** Explains where the board's login comes from, if the broker wants one. @throws ConnectError */
function loginNeeded(error: unknown, uid: string): never {
  if (!(error instanceof ConnectError) || error.reason !== 'wrongPassword') throw error;
  throw new ConnectError(error.address, error.reason, error.message, {
    cause: error,
    hint: `The broker lets a board announce itself with its own login only: set MPYFLEET_SHARE_USER and MPYFLEET_SHARE_PASSWORD ("mpyfleet broker login ${uid}" or "mpyfleet broker account board ${uid}" gives them).`,
  });
}

function linkLost(name: string, cause: Error | undefined): ConnectionLostError {
  return new ConnectionLostError(
    `The connection to ${name} was lost, so it is not shared any more`,
    {
      ...(cause ? { cause } : {}),
      hint: 'Check the cable, and share it again.',
    },
  );
}

async function factsOf(board: CliBoard, signal: AbortSignal): Promise<SharedFacts> {
  const info = await board.withSession((session) => readInfo(session, signal), { signal });
  const { home } = await board.files.places(signal);
  // A board without a name is called by its port's path, which means nothing on another computer.
  const isPath = /[/:]/.test(board.name);
  const name = isPath ? `${info.platform}-${(info.uid ?? '').slice(-6)}` : board.name;
  return sharedFacts(info, name, home);
}

/**
 * Returns the broker's profile.
 * @throws UsageError if a board with an agent of its own has this id there
 */
async function freeAt(board: CliBoard, broker: string, uid: string) {
  const known = await board.brokersLink.connected(broker);
  await board.brokersLink.agentAt(mqttAddress(broker, uid));
  const there = known.presences.get(uid);
  if (there?.on && !there.caps.has('cable')) {
    throw new UsageError(
      `${board.name} is already connected to ${known.profile.name} by its own agent`,
      {
        hint: 'Give a colleague a key of it: mpyfleet keys add NAME',
      },
    );
  }
  return known.profile;
}

/** Returns the board's admin key, which is created and stored on first use. */
async function adminKey({ brokersLink: { keyFile } }: CliBoard, uid: string): Promise<BoardKey> {
  const known = await keyFile.key(uid);
  if (known?.role === 'admin') return known;
  if (known) throw new UsageError('This computer has no admin key for the board, so others own it');
  const key: BoardKey = { role: 'admin', key: newBoardKey() };
  await keyFile.set(new Map([[uid, key]]));
  return key;
}

function keyOf(admin: BoardKey, uid: string, role: Role): BoardKey {
  return role === 'admin'
    ? { role, key: admin.key }
    : { role, key: keyForRole(admin.key, uid, role) };
}

/** Returns the board's own login, if the broker distinguishes boards and computers. */
function loginOf<P extends { readonly username?: string }>(cli: Cli, profile: P): P {
  const username = cli.env.MPYFLEET_SHARE_USER;
  return username ? { ...profile, username } : profile;
}

function words({ name, uid }: SharedFacts, broker: string, key: BoardKey | undefined): string {
  const where = `mqtt://${broker}/${uid}`;
  const lines = [
    `${name} is shared as ${where}; Ctrl-C ends it`,
    `Colleagues need this broker, and a key of the board: mpyfleet -b ${where} adopt`,
    key
      ? `The key for ${key.role}: ${keyText(key)}`
      : '--role viewer, operator or admin prints one',
  ];
  return `${lines.join('\n')}\n`;
}
