import { UsageError } from '../../core/errors';
import type { BrokerProfile } from '../../core/broker/broker';

type Env = Readonly<Record<string, string | undefined>>;

/** The broker that mqboard's variables name. */
export interface MqboardBroker {
  readonly profile: BrokerProfile;
  readonly password: string | undefined;
  /** The topic above `/mqb` of the board that is worked on. */
  readonly prefix: string | undefined;
}

/** Id of the broker, and name of the board. */
const MQBOARD = 'mqboard';

/**
 * Returns the broker of mqboard's own variables: MQBOARD_SERVER, MQBOARD_PORT, MQBOARD_TLS, MQBOARD_PREFIX and MQBOARD_TOPIC.
 * mqboard itself could not log in. MQBOARD_USER and MQBOARD_PASSWORD are of this product.
 * @returns undefined if MQBOARD_SERVER is not set
 * @throws UsageError for a value that cannot be used
 */
export function mqboardBroker(env: Env): MqboardBroker | undefined {
  const { MQBOARD_SERVER: server, MQBOARD_PORT: port, MQBOARD_TLS: tls = '' } = env;
  const { MQBOARD_USER: username, MQBOARD_PASSWORD: password } = env;
  if (!server) return undefined;
  if (!/^[\w.:[\]-]+$/.test(server) || (port && !/^\d{1,5}$/.test(port))) {
    throw new UsageError('MQBOARD_SERVER is a host name, and MQBOARD_PORT a number', {
      hint: 'The login has variables of its own: MQBOARD_USER and MQBOARD_PASSWORD.',
    });
  }
  if (password && !username) {
    throw new UsageError('MQBOARD_PASSWORD is set without MQBOARD_USER', {
      hint: 'Set both for a broker that asks for a login, or neither.',
    });
  }
  const isTls = /^(1|y|yes|true|on)$/i.test(tls);
  const url = `${isTls ? 'mqtts' : 'mqtt'}://${server}:${port ?? (isTls ? 8883 : 1883)}`;
  // mqboard's --topic names the topic itself, which is "mqb" below the prefix.
  const given = env.MQBOARD_PREFIX ?? env.MQBOARD_TOPIC?.replace(/\/mqb\/?$/, '');
  return {
    profile: { id: MQBOARD, name: MQBOARD, url, ...(username ? { username } : {}) },
    password: username ? password : undefined,
    prefix: given?.replace(/\/+$/, ''),
  };
}

/**
 * Returns MQBOARD_PASSWORD if a broker is that of mqboard's variables. An entry of a file may have the same id, and does not get it.
 */
export function mqboardPassword(
  env: Env,
  { id, url, username }: BrokerProfile,
): string | undefined {
  if (id !== MQBOARD) return undefined;
  const own = mqboardBroker(env);
  return own?.profile.url === url && own.profile.username === username ? own.password : undefined;
}
