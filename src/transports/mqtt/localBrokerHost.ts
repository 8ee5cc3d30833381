import type { IClientOptions } from 'mqtt';
import { isLocalName, localLookup } from '../mdns/localNames';

/**
 * Returns extra options for MQTT.js to reach a broker with a `.local` name: its address, since MQTT.js asks only the
 * system, which may not resolve such names. The certificate is still checked against the name.
 * @throws the lookup's error if there is no such host on the network
 */
export async function localBrokerHost(
  url: string,
  lookup = localLookup(),
): Promise<Partial<IClientOptions>> {
  const { hostname, protocol } = new URL(url);
  if (!isLocalName(hostname)) return {};
  if (protocol === 'ws:' || protocol === 'wss:') return { wsOptions: { lookup } };
  const address = await new Promise<string>((resolve, reject) => {
    lookup(hostname, {}, (error, found) =>
      error ? reject(error) : resolve(typeof found === 'string' ? found : ''),
    );
  });
  return { hostname: address, servername: hostname };
}
