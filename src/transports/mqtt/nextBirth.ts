import type { Birth } from '../../core/agent/agentProtocolPresence';
import { abortable, Deferred, systemClock } from '../../core/async';
import { ConnectionLostError } from '../../core/errors';
import { DisposableStore } from '../../core/events';
import type { MqttBroker } from './mqttBroker';

/** Time for a restart with Wi-Fi and TLS on a small chip. */
export const RESTART_LIMIT_MS = 60_000;

/**
 * Resolves when the board has announced itself with another boot id than now.
 * @throws ConnectionLostError when it does not come back
 */
export async function nextBirth(
  broker: MqttBroker,
  uid: string,
  signal?: AbortSignal,
): Promise<Birth> {
  const before = broker.presences.get(uid)?.boot;
  const born = new Deferred<Birth>();
  const store = new DisposableStore();
  store.add(
    broker.onPresence(({ uid: who, state }) => {
      if (who === uid && state.on && state.boot !== before) born.resolve(state);
    }),
  );
  store.add(
    systemClock.after(RESTART_LIMIT_MS, () =>
      born.reject(
        new ConnectionLostError('The board has not come back to the broker after its reset', {
          hint: 'Check its power and its network. It connects by itself once it can.',
        }),
      ),
    ),
  );
  try {
    return await abortable(born.promise, signal);
  } finally {
    store.dispose();
  }
}
