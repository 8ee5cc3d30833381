import * as l10n from '@vscode/l10n';
import { abortable, Deferred, systemClock } from '../async';
import { TimeoutError } from '../errors';
import { DisposableStore } from '../events';
import type { Broker } from './brokers';

/** Time, in milliseconds, for a board to start, find its network and log in. */
const BIRTH_MS = 90_000;

/**
 * Resolves when the board announces itself at the broker after this call.
 * @throws TimeoutError that says where to look, CancelledError
 */
export async function announced(
  broker: Broker,
  uid: string,
  name: string,
  signal: AbortSignal,
): Promise<void> {
  const before = broker.presences.get(uid)?.boot;
  const born = new Deferred<undefined>();
  const store = new DisposableStore();
  store.add(
    broker.onPresence((p) => {
      if (p.uid === uid && p.state.on && p.state.boot !== before) born.resolve(undefined);
    }),
  );
  store.add(
    systemClock.after(BIRTH_MS, () =>
      born.reject(
        new TimeoutError(l10n.t('{0} did not connect to the broker', name), {
          hint: l10n.t(
            "Its REPL shows why. Often the Wi-Fi password is wrong, or the board cannot reach the broker's address.",
          ),
        }),
      ),
    ),
  );
  try {
    await abortable(born.promise, signal);
  } finally {
    store.dispose();
  }
}

/** Resolves when the board is connected to the broker, however long that takes. @throws CancelledError */
export async function untilThere(broker: Broker, uid: string, signal: AbortSignal): Promise<void> {
  if (broker.presences.get(uid)?.on) return;
  const there = new Deferred<undefined>();
  const listening = broker.onPresence((p) => {
    if (p.uid === uid && p.state.on) there.resolve(undefined);
  });
  await abortable(there.promise, signal).finally(() => listening.dispose());
}
