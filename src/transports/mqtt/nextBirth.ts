import * as l10n from '@vscode/l10n';
import type { Birth } from '../../core/agent';
import { nextPresence } from '../../core/broker/announced';
import { ConnectionLostError } from '../../core/errors';
import type { MqttBroker } from './mqttBroker';

/** Milliseconds for a restart with Wi-Fi and TLS on a small chip. */
export const RESTART_LIMIT_MS = 60_000;

/**
 * Resolves when the board has announced itself with a new boot id.
 * @throws ConnectionLostError when it does not come back
 */
export async function nextBirth(
  broker: MqttBroker,
  uid: string,
  signal?: AbortSignal,
  limitMs = RESTART_LIMIT_MS,
): Promise<Birth> {
  const before = broker.presences.get(uid)?.boot;
  const birth = await nextPresence(
    broker,
    uid,
    (state) => (state.on && state.boot !== before ? state : undefined),
    { ms: limitMs, signal },
  );
  if (birth) return birth;
  throw new ConnectionLostError(
    l10n.t('The board has not reconnected to the broker after its reset'),
    { hint: l10n.t('Check its power and its network. It connects automatically once it can.') },
  );
}
