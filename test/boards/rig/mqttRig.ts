import { readFileSync } from 'node:fs';
import type { BrokerProfile, BrokerSecrets } from '../../../src/core/broker/broker';
import { boardLogin } from '../../../src/core/broker/boardLogin';
import { silentLog } from '../../../src/core/log';
import type { TransportFactory } from '../../../src/core/transport';
import { LocalBroker } from '../../../src/transports/mqtt/localBroker';
import type { MqttBroker } from '../../../src/transports/mqtt/mqttBroker';
import { MqttBrokers } from '../../../src/transports/mqttBrokers';
import { mqttAddress } from '../../../src/core/parseAddress';
import { ADMIN_KEY, startAgentBoard, type AgentBoard, type AgentBoardOptions } from './agent/board';

export const PASSWORD = 'one-of-the-test';
export const HOST_USER = 'fleet';

/** A board with its agent, and the computer's side of the broker. */
export interface MqttFar {
  readonly brokers: MqttBrokers;
  readonly broker: MqttBroker;
  readonly board: AgentBoard;
  stop(): Promise<void>;
}

let boards = 0;

/** The access rules of docs/broker.md for mosquitto: a board's user name is its uid. */
export const MOSQUITTO_ACL = documented('text acl').split('\n');
/** The same for ejabberd. */
export const EJABBERD_RULES = `${documented('text rules')}\n`;

/** Reads the block of rules in the documentation, so that the documented rules are tested. */
function documented(kind: string): string {
  const [, rest] = readFileSync('docs/broker.md', 'utf8').split(`\`\`\`${kind}\n`);
  const [block] = rest?.split('```') ?? [];
  if (block === undefined) throw new Error(`docs/broker.md has no block of ${kind}`);
  return block.trimEnd();
}

/** Resolves when the board has announced itself at its broker. */
export async function announced(broker: MqttBroker, uid: string): Promise<void> {
  if (broker.presences.get(uid)?.on) return;
  await new Promise<void>((resolve) => {
    const subscription = broker.onPresence((p) => {
      if (p.uid !== uid || !p.state.on) return;
      subscription.dispose();
      resolve();
    });
  });
}

/** Returns a new name of four characters. Its hex is the board's uid. */
export function boardName(): string {
  return `m${(boards++).toString().padStart(3, '0')}`;
}

/** The computer's side of a broker, connected. */
export async function connectHost(
  profile: Omit<BrokerProfile, 'id' | 'name'>,
  secrets: Partial<BrokerSecrets> = {},
): Promise<{ brokers: MqttBrokers; broker: MqttBroker }> {
  const brokers = new MqttBrokers(
    {
      password: () => Promise.resolve(PASSWORD),
      boardKey: () => Promise.resolve({ role: 'admin', key: ADMIN_KEY }),
      ...secrets,
    },
    silentLog,
  );
  const broker = brokers.set({ id: 'b', name: 'the broker', ...profile });
  await broker.connect();
  return { brokers, broker };
}

/**
 * Resolves when all boards have announced themselves at the broker. `mpyfleet` knows only such boards, and a board starts long
 * before it has connected.
 */
export async function allAnnounced(url: string, boards: readonly { uid: string }[]): Promise<void> {
  const { brokers, broker } = await connectHost({ url });
  await Promise.all(boards.map(({ uid }) => announced(broker, uid)));
  brokers.dispose();
}

/** Starts boards with the agent, which connect to `broker`. Resolves when all of them have announced themselves there. */
export async function startAnnounced(
  broker: { readonly port: number; readonly url: string },
  boards: readonly Omit<AgentBoardOptions, 'broker'>[],
  more: Readonly<Record<string, unknown>> = {},
): Promise<AgentBoard[]> {
  const at = { host: '127.0.0.1', port: broker.port, ...more };
  const started = await Promise.all(boards.map((b) => startAgentBoard({ ...b, broker: at })));
  await allAnnounced(broker.url, started);
  return started;
}

/** A board with the agent behind the broker, and the host side connected to `profile`. */
export async function startFar(
  profile: Omit<BrokerProfile, 'id' | 'name'>,
  board: Partial<AgentBoardOptions> & Pick<AgentBoardOptions, 'broker'>,
): Promise<MqttFar> {
  const { brokers, broker } = await connectHost(profile);
  const started = await startAgentBoard({
    name: boardName(),
    heap: 512,
    sizeKib: 4096,
    ...board,
  });
  await announced(broker, started.uid);
  return {
    brokers,
    broker,
    board: started,
    stop: async () => {
      brokers.dispose();
      await started.stop();
    },
  };
}

/**
 * Like startFar, behind the embedded broker, where the board has its own login; `profile` is
 * another computer's.
 * @param through returns the port that the board connects to: that of a relay
 */
export async function startFarLocal(
  board: Partial<Omit<AgentBoardOptions, 'broker' | 'name'>> = {},
  through: (port: number) => Promise<number> = (port) => Promise.resolve(port),
): Promise<MqttFar & { profile: Omit<BrokerProfile, 'id' | 'name'> }> {
  const local = new LocalBroker(silentLog);
  const boardSecret = 'the secret of the test';
  const status = await local.start({
    ...{ port: 0, username: HOST_USER, password: PASSWORD, boardSecret, lan: false },
  });
  if (!status.running) throw new Error('the broker does not run');
  const profile = { url: status.url, username: HOST_USER };
  const name = boardName();
  const { username: user, password } = boardLogin(boardSecret, Buffer.from(name).toString('hex'));
  const port = await through(status.port);
  const broker = { host: '127.0.0.1', port, user, password };
  const far = await startFar(profile, { ...board, name, broker });
  return {
    ...{ ...far, profile },
    stop: async () => {
      await far.stop();
      await local.stop();
    },
  };
}

/** The link to a board. */
/** Opens links of boards behind these brokers. */
export function overMqtt(brokers: MqttBrokers): TransportFactory {
  return (address) =>
    address.kind === 'mqtt'
      ? Promise.resolve(brokers.transport(address))
      : Promise.reject(new Error(`${address.text} is at no broker`));
}

export function linkTo({ brokers, board }: Pick<MqttFar, 'brokers' | 'board'>) {
  return brokers.transport(mqttAddress('b', board.uid));
}

/** What the agent cannot do by design. */
export const AGENT_CANNOT = {
  rawRepl: 'the terminal edits lines itself; code goes through the agent',
  largeCode: 'code is held in the memory of the board; longer code belongs into a file',
} as const;

/**
 * Returns the files of a board with its own program: main.py starts the agent, which runs the
 * program.
 */
export function withProgram(files: Record<string, string>): Partial<AgentBoardOptions> {
  const { '/main.py': app, ...rest } = files;
  if (app === undefined) return { files: rest };
  return { files: { ...rest, '/app.py': app }, config: { app: '/app.py' } };
}
