import type { BrokerProfile, BrokerSecrets } from '../../src/core/brokers';
import { silentLog } from '../../src/core/log';
import { LocalBroker } from '../../src/transports/mqtt/localBroker';
import { MqttBrokers } from '../../src/transports/mqtt/mqttBrokers';
import { addressOf } from '../../src/transports/mqtt/presenceSource';
import { ADMIN_KEY, startAgentBoard } from './agent/board';
import { describeConformance, type Far } from './conformance';

const USER = 'fleet';
const PASSWORD = 'one-of-the-test';

/** Resolves when the board has announced itself at its broker. */
async function announced(brokers: MqttBrokers, uid: string): Promise<void> {
  const broker = brokers.get('b');
  if (!broker) throw new Error('no broker');
  await broker.connect();
  if (broker.presences.get(uid)?.on) return;
  await new Promise<void>((resolve) => {
    const subscription = broker.onPresence((p) => {
      if (p.uid !== uid || !p.state.on) return;
      subscription.dispose();
      resolve();
    });
  });
}

let boards = 0;

/** A board with the agent behind the broker of `profile`, and a link to it. */
async function far(
  profile: Omit<BrokerProfile, 'id' | 'name'>,
  boardBroker: Record<string, unknown>,
  files: Record<string, string>,
  stopBroker: () => Promise<void>,
): Promise<Far> {
  const secrets: BrokerSecrets = {
    password: () => Promise.resolve(PASSWORD),
    boardKey: () => Promise.resolve({ role: 'admin', key: ADMIN_KEY }),
  };
  const brokers = new MqttBrokers(secrets, silentLog);
  brokers.set({ id: 'b', name: 'the broker', ...profile });
  const board = await startAgentBoard({
    name: `mq${(boards++).toString().padStart(2, '0')}`,
    heap: 512,
    sizeKib: 4096,
    broker: boardBroker,
    files,
  });
  await announced(brokers, board.uid);
  return {
    transport: brokers.transport(addressOf('b', board.uid)),
    stop: async () => {
      brokers.dispose();
      await board.stop();
      await stopBroker();
    },
  };
}

describeConformance({
  name: 'MQTT, the embedded broker',
  cannot: {
    rawRepl: 'the terminal edits lines itself; code goes through the agent',
    largeCode: 'code is held in the memory of the board; longer code belongs into a file',
    programs: 'main.py belongs to the agent; the app is its own file',
  },
  start: async (files) => {
    const broker = new LocalBroker(silentLog);
    const status = await broker.start({ port: 0, username: USER, password: PASSWORD, lan: false });
    if (!status.running) throw new Error('the broker does not run');
    return far(
      { url: status.url, username: USER },
      { host: '127.0.0.1', port: status.port, user: USER, password: PASSWORD },
      files,
      () => broker.stop(),
    );
  },
});
