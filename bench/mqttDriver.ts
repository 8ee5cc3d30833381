// The product's part of bench/mqtt.mjs, bundled from its sources.
import type { BrokerSecrets, Encryption } from '../src/core/broker/broker';
import { boardLogin } from '../src/core/broker/boardLogin';
import { silentLog } from '../src/core/log';
import { MqboardClient } from '../src/transports/mqboard/mqboardClient';
import { LocalBroker } from '../src/transports/mqtt/localBroker';
import { MqttBrokers } from '../src/transports/mqttBrokers';
import { mqttAddress } from '../src/core/parseAddress';

export { boardLogin, LocalBroker, MqboardClient, silentLog };

/** The computer's side of a broker, with a link to the board there. */
export async function connect(
  url: string,
  user: string,
  password: string,
  key: Uint8Array,
  encrypt: Encryption = 'off',
) {
  const secrets: BrokerSecrets = {
    password: () => Promise.resolve(password),
    boardKey: () => Promise.resolve({ role: 'admin', key }),
  };
  const brokers = new MqttBrokers(secrets, silentLog);
  const broker = brokers.set({ id: 'b', name: 'b', url, username: user, encrypt });
  await broker.connect();
  return {
    broker,
    link: async (uid: string) => {
      const transport = brokers.transport(mqttAddress('b', uid));
      await transport.open(AbortSignal.timeout(20_000));
      return transport;
    },
    close: () => brokers.dispose(),
  };
}
