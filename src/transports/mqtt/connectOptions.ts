import { readFile } from 'node:fs/promises';
import type { IClientOptions } from 'mqtt';
import type { BrokerProfile } from '../../core/broker/broker';

/** Milliseconds before mqtt.js retries a lost broker. */
const RECONNECT_MS = 2_000;
const CONNECT_TIMEOUT_MS = 15_000;

/**
 * Returns the options for mqtt.js: a broker's address, certificates and login.
 * @throws if a certificate or key cannot be read
 */
export async function connectOptions(
  profile: BrokerProfile,
  clientId: string,
  password: string | undefined,
): Promise<IClientOptions> {
  const { username, caFile, certFile, keyFile } = profile;
  const file = async (path: string | undefined) => (path ? await readFile(path) : undefined);
  const [ca, cert, key] = await Promise.all([file(caFile), file(certFile), file(keyFile)]);
  return {
    clean: true,
    reconnectPeriod: RECONNECT_MS,
    connectTimeout: CONNECT_TIMEOUT_MS,
    keepalive: 30,
    resubscribe: false,
    queueQoSZero: false,
    clientId: profile.clientId ?? clientId,
    transformWsUrl: withBrackets,
    ...(username ? { username } : {}),
    // MQTT 3.1.1 forbids a password without a name.
    ...(username && password !== undefined ? { password } : {}),
    ...(ca ? { ca } : {}),
    ...(cert ? { cert } : {}),
    ...(key ? { key } : {}),
  };
}

/**
 * Puts an IPv6 host into brackets: mqtt.js assembles a WebSocket's address from its parts without
 * them.
 */
export function withBrackets(url: string): string {
  const [, scheme, host, rest] =
    /^(wss?:\/\/)([0-9a-f:.]*:[0-9a-f:.]*)(:\d+(?:\/.*)?)$/i.exec(url) ?? [];
  return scheme === undefined ? url : `${scheme}[${host}]${rest}`;
}
